import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { mlp, saveOnnx, tf, toOnnx, useBackend } from '../index.ts';
import { onnxCases, ownOutputs } from '../testkit/onnx-models.ts';
import { digests, hasOnnxRuntime, type OnnxOutputs, runOnnx } from '../testkit/onnx-run.ts';
import { Message } from './protobuf.ts';

interface Fixture extends OnnxOutputs {
  readonly sha256: Readonly<Record<string, string>>;
}

const fixture = JSON.parse(readFileSync(new URL('../../fixtures/onnx.json', import.meta.url), 'utf8')) as Fixture;

beforeAll(async () => {
  await useBackend('simd');
});

function expectSameOutputs({ outputs }: OnnxOutputs): void {
  for (const onnxCase of onnxCases()) {
    const own = ownOutputs(onnxCase);
    expect(own).toHaveLength(outputs[onnxCase.name]!.length);
    for (const [i, values] of own.entries()) {
      expectClose(values, outputs[onnxCase.name]![i]!, { rtol: 2e-4, atol: 2e-6 });
    }
  }
}

describe('exported models', () => {
  it('are to the byte the files that onnxruntime read for the fixture', () => {
    expect(digests(onnxCases())).toEqual(fixture.sha256);
  });

  it('compute in onnxruntime what the model computes', () => {
    expectSameOutputs(fixture);
  });

  it.skipIf(!hasOnnxRuntime())('do so in the onnxruntime that is installed', () => {
    expectSameOutputs(runOnnx(onnxCases()));
  });

  it('are written to a file', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'skein-onnx-')), 'model.onnx');
    const model = mlp({ inputs: 2, hidden: [3], outputs: 1, rng: createRng(1) });
    saveOnnx(model, path);
    expect([...readFileSync(path)]).toEqual([...toOnnx(model)]);
  });

  it('are refused where a layer or activation has no counterpart', () => {
    const lstm = tf.sequential({ layers: [tf.layers.lstm({ units: 2, inputShape: [3, 2], name: 'memory' })] });
    expect(() => toOnnx(lstm)).toThrow(/layer memory \(LSTM\): has no counterpart/);
    const first = tf.sequential({
      layers: [tf.layers.globalMaxPooling2d({ dataFormat: 'channelsFirst', inputShape: [2, 4, 4] })],
    });
    expect(() => toOnnx(first)).toThrow(/expected dataFormat channelsLast/);
  });
});

describe('the wire format', () => {
  it('has the bytes of the Protocol Buffers documentation', () => {
    const hex = (message: Message) => Buffer.from(message.encode()).toString('hex');
    expect(hex(new Message().integer(1, 150))).toBe('089601');
    expect(hex(new Message().bytes(2, 'testing'))).toBe('120774657374696e67');
    expect(hex(new Message().bytes(3, new Message().integer(1, 150)))).toBe('1a03089601');
    expect(hex(new Message().integer(1, -2))).toBe('08feffffffffffffffff01');
    expect(hex(new Message().float(1, 1))).toBe('0d0000803f');
  });
});

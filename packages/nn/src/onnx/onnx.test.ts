import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { activation, mlp, saveOnnx, tf, toOnnx, useBackend } from '../index.ts';
import { layersWithin } from '../models/walk.ts';
import { onnxCases, ownOutputs } from '../testkit/onnx-models.ts';
import { digests, runOnnx } from '../testkit/onnx-run.ts';
import { LAYERS } from './layers.ts';
import { Message } from './protobuf.ts';

/** What the ONNX checker and the native onnxruntime said about the exported files (fixtures/onnx.ts). */
interface Fixture {
  readonly sha256: Readonly<Record<string, string>>;
}

const fixture = JSON.parse(readFileSync(new URL('../../fixtures/onnx.json', import.meta.url), 'utf8')) as Fixture;

beforeAll(async () => {
  await useBackend('simd');
});

describe('exported models compute in onnxruntime what they compute here', () => {
  it.each(onnxCases().map((onnxCase) => [onnxCase.name, onnxCase] as const))('%s', async (_name, onnxCase) => {
    const [own, outputs] = [ownOutputs(onnxCase), await runOnnx(onnxCase)];
    expect(outputs).toHaveLength(own.length);
    for (const [i, values] of own.entries()) expectClose(outputs[i]!, values, { rtol: 2e-4, atol: 2e-6 });
  });

  it('and between them have every layer that can be exported', () => {
    const used = new Set(onnxCases().flatMap(({ model }) => layersWithin(model).map((layer) => layer.getClassName())));
    expect(Object.keys(LAYERS).filter((name) => !used.has(name))).toEqual(['Masking']);
  });
});

describe('exported models', () => {
  it('are to the byte the files that the ONNX checker accepted', () => {
    expect(digests(onnxCases())).toEqual(fixture.sha256);
  });

  it('are written to a file', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'skein-onnx-')), 'model.onnx');
    const model = mlp({ inputs: 2, hidden: [3], outputs: 1, rng: createRng(1) });
    saveOnnx(model, path);
    expect([...readFileSync(path)]).toEqual([...toOnnx(model)]);
  });
});

describe('what has no counterpart is refused with the name of its layer', () => {
  const { layers } = tf;
  const refused =
    (...chain: tf.layers.Layer[]) =>
    () =>
      toOnnx(tf.sequential({ layers: chain }));

  it.each([
    [
      'a layer',
      refused(layers.resizing({ height: 2, width: 2, inputShape: [4, 4, 1], name: 'smaller' })),
      /layer smaller \(Resizing\): has no counterpart here/,
    ],
    [
      'masking',
      refused(layers.masking({ inputShape: [3, 2], name: 'gaps' })),
      /layer gaps \(Masking\): masks that travel from layer to layer/,
    ],
    [
      'the mask of an embedding',
      refused(layers.embedding({ inputDim: 3, outputDim: 2, maskZero: true, inputShape: [4], name: 'words' })),
      /layer words \(Embedding\): masks/,
    ],
    [
      'a state between runs',
      refused(layers.lstm({ units: 2, stateful: true, batchInputShape: [1, 3, 2], name: 'memory' })),
      /layer memory \(LSTM\): a file has no state between runs/,
    ],
    [
      'an activation of a recurrent layer',
      refused(layers.gru({ units: 2, activation: activation('gelu'), inputShape: [3, 2], name: 'memory' })),
      /layer memory \(GRU\): activation gelu has no counterpart in recurrent layers/,
    ],
    [
      'an open number of steps where it must be known',
      refused(
        layers.timeDistributed({ layer: layers.dense({ units: 2 }), inputShape: [null, 3] as number[], name: 'steps' }),
      ),
      /layer steps \(TimeDistributed\): expected a number of steps, got null/,
    ],
  ])('%s', (_what, run, message) => {
    expect(run).toThrow(message);
  });

  it('as are inputs that are neither float32 nor int32', () => {
    const input = tf.input({ shape: [2], dtype: 'bool', name: 'flags' });
    const model = tf.model({
      inputs: input,
      outputs: tf.layers.reshape({ targetShape: [1, 2] }).apply(input) as never,
    });
    expect(() => toOnnx(model)).toThrow(/expected float32 or int32, got bool/);
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

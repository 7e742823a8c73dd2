import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { backendReport, currentBackend, tf, useBackend } from './index.ts';
import { chosenBuild, wasmPath } from './simd/module.ts';
import { WebAssembly } from './simd/webassembly.ts';
import { wideModule } from './simd/wide.ts';

describe('backends', () => {
  it('takes the best one that works, and says why others are not', async () => {
    const name = await useBackend('auto');
    expect(['cuda', 'native', 'simd']).toContain(name);
    expect(currentBackend()).toBe(name);
    const rows = await backendReport();
    expect(rows.map((row) => row.name)).toEqual(['cuda', 'native', 'webgpu', 'simd', 'cpu']);
    expect(rows.find((row) => row.used)?.name).toBe(name);
    for (const row of rows) if (!row.available) expect(row.reason).toMatch(/\w/);
  });

  it('switches to a named one and moves tensors along', async () => {
    await useBackend('cpu');
    const x = tf.tensor1d([1, 2, 3]);
    await useBackend('simd');
    expect(tf.getBackend()).toBe('simd');
    expect([...x.mul(2).dataSync()]).toEqual([2, 4, 6]);
  });

  it('refuses an unknown name and one that is not installed', async () => {
    await expect(useBackend('gpu' as 'cpu')).rejects.toThrow(/expected one of auto, cuda/);
    const missing = (await backendReport()).find((row) => !row.available);
    if (missing !== undefined) await expect(useBackend(missing.name)).rejects.toMatchObject({ code: 'BACKEND' });
  });
});

describe('builds of the simd backend', () => {
  it('are relaxed or wide exactly where the engine accepts the relaxed module', () => {
    const accepted = WebAssembly.validate(readFileSync(wasmPath('relaxed')));
    expect(chosenBuild()).toBe(accepted ? ('module' in wideModule() ? 'wide' : 'relaxed') : 'simd');
  });

  it('can be named by the environment, and a wrong name is refused', () => {
    try {
      process.env['SKEIN_SIMD_BUILD'] = 'simd';
      expect(chosenBuild()).toBe('simd');
      process.env['SKEIN_SIMD_BUILD'] = 'fast';
      expect(chosenBuild).toThrow(/expected wide, relaxed, simd, got "fast"/);
    } finally {
      delete process.env['SKEIN_SIMD_BUILD'];
    }
  });
});

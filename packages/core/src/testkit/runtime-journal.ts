/** The journal contract as tests. */

import { expect, test } from 'vitest';
import type { Journal, JournalEntry } from '../runtime/journal.ts';
import { Float32, type Static, Type } from '../schema.ts';

/** What the kit's entries look like. */
export const JournalKitEntry = Type.Object({ step: Type.Integer(), weights: Type.Optional(Float32) });
export type JournalKitEntry = Static<typeof JournalKitEntry>;

/** Declares the contract's tests. `open` gives the same journal each time it is called within a test. */
export function journalConformance(
  name: string,
  withJournal: (body: (open: () => Promise<Journal<JournalKitEntry>>) => Promise<void>) => Promise<void>,
): void {
  const law = (title: string, body: (open: () => Promise<Journal<JournalKitEntry>>) => Promise<void>): void =>
    test(`${name}: ${title}`, () => withJournal(body));

  const all = async (journal: Journal<JournalKitEntry>, after?: number): Promise<JournalEntry<JournalKitEntry>[]> =>
    Array.fromAsync(journal.read(after));

  law('entries come back in the order of their appending, with growing indices', async (open) => {
    await using journal = await open();
    expect(await all(journal)).toEqual([]);
    const appended = await Promise.all(['a', 'b', 'c'].map((key, step) => journal.append(key, { step })));
    await journal.append('d', { step: 3, weights: Float32Array.of(1, 2) });
    const entries = await all(journal);
    expect(entries.map(({ key }) => key).sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(entries.at(-1)?.entry).toStrictEqual({ step: 3, weights: Float32Array.of(1, 2) });
    const indices = entries.map(({ index }) => index);
    expect(indices).toEqual([...new Set(indices)].sort((x, y) => x - y));
    expect(indices).toEqual(expect.arrayContaining(appended.map(({ index }) => index)));
    expect((await all(journal, indices[1])).map(({ index }) => index)).toEqual(indices.slice(2));
  });

  law('a key is stored once, and its first entry stays', async (open) => {
    await using journal = await open();
    const [first, second] = await Promise.all([journal.append('k', { step: 1 }), journal.append('k', { step: 2 })]);
    expect([first.isNew, second.isNew].sort()).toEqual([false, true]);
    expect(second.index).toBe(first.index);
    expect(await journal.append('k', { step: 3 })).toEqual({ index: first.index, isNew: false });
    expect(await journal.get('k')).toEqual({ step: 1 });
    expect(await journal.get('other')).toBe(null);
    expect(await all(journal)).toMatchObject([{ key: 'k' }]);
  });

  law('opened again, it has everything, and knows its keys', async (open) => {
    await using journal = await open();
    for (let step = 0; step < 20; step++) await journal.append(`s${step}`, { step });
    await journal.close();
    await using again = await open();
    expect((await all(again)).map(({ entry }) => entry.step)).toEqual(Array.from({ length: 20 }, (_, step) => step));
    expect(await again.get('s7')).toEqual({ step: 7 });
    expect((await again.append('s7', { step: 70 })).isNew).toBe(false);
    expect((await again.append('s20', { step: 20 })).isNew).toBe(true);
  });

  law('entries that do not fit and keys that could reach elsewhere are refused', async (open) => {
    await using journal = await open();
    const tryAppend = async (key: string, entry: unknown) => journal.append(key, entry as JournalKitEntry);
    await expect(tryAppend('k', { step: 'one' })).rejects.toMatchObject({ code: 'INPUT' });
    await expect(tryAppend('a.b', { step: 1 })).rejects.toMatchObject({ code: 'INPUT' });
    expect(await all(journal)).toEqual([]);
  });
}

/** File operations that leave either the old content or the new one, whatever happens in between. */

import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, SkeinError } from './errors.ts';

/**
 * Writes a file atomically: into a temporary file beside it, synchronised to disk, then renamed over it. Missing folders
 * are made. Throws `IO` naming the path; the old content stays.
 */
export function writeFileAtomic(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeSynchronised(temporary, typeof content === 'string' ? Buffer.from(content) : content);
    renameSync(temporary, path);
    synchroniseFolder(dirname(path));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw writeError(path, error);
  }
}

/** Writes all bytes at the end of an open file. Throws `IO` naming the path; a part may have been written. */
export function appendAll(file: number, path: string, bytes: Uint8Array): void {
  try {
    writeAll(file, bytes);
  } catch (error) {
    throw writeError(path, error);
  }
}

/** The error of a file that cannot be written: `IO` with the path and what to look at. */
export const writeError = (path: string, error: unknown): SkeinError =>
  new SkeinError('IO', `${path}: cannot be written: ${messageOf(error)}`, {
    cause: error,
    advice: 'check that the folder is writable and the disk is not full',
  });

/** A nearly full disk takes a part and says so by the count alone. */
function writeAll(file: number, bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.length; ) offset += writeSync(file, bytes, offset);
}

function writeSynchronised(path: string, bytes: Uint8Array): void {
  const file = openSync(path, 'w');
  try {
    writeAll(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A rename survives a power cut only when its folder is on disk too. Windows has no such call. */
function synchroniseFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

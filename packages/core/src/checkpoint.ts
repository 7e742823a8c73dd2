/**
 * Checkpoints: plain state (JSON plus typed arrays) in one self-describing file, written atomically, versioned, and
 * verified on read. Nothing in it is code, and its layout is readable from any language:
 *
 *   8 bytes   "SKEINCKP"
 *   4 bytes   length of the header, unsigned little-endian
 *   header    JSON: format, kind, version, step, length and SHA-256 of the payload
 *   payload   the state in the wire encoding (docs/checkpoints.md)
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { messageOf, SkeinError } from './errors.ts';
import { writeFileAtomic } from './files.ts';
import { parse, type Static, type TSchema, Type } from './schema.ts';
import { decodeValue, encodeValue } from './wire.ts';

/** What a checkpoint holds. */
export interface Checkpoint<S> {
  /** What wrote it, e.g. `rl/dqn`. */
  readonly kind: string;
  /** Version of the state's layout for this kind. */
  readonly version: number;
  /** Progress at the time of writing, in the writer's unit (environment steps, trials, generations). */
  readonly step: number;
  readonly state: S;
}

/** What a reader expects. */
export interface CheckpointExpectation<S extends TSchema> {
  readonly kind: string;
  readonly version: number;
  readonly schema: S;
}

const MAGIC = 'SKEINCKP';
const FORMAT = 1;
const PREFIX_BYTES = MAGIC.length + 4;

const Header = Type.Object({
  format: Type.Literal(FORMAT),
  kind: Type.String(),
  version: Type.Integer({ minimum: 1 }),
  step: Type.Integer({ minimum: 0 }),
  length: Type.Integer({ minimum: 0 }),
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
});

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A checkpoint as bytes. */
export function encodeCheckpoint(checkpoint: Checkpoint<unknown>): Uint8Array {
  const payload = encodeValue(checkpoint.state);
  const header: Static<typeof Header> = {
    format: FORMAT,
    kind: checkpoint.kind,
    version: checkpoint.version,
    step: checkpoint.step,
    length: payload.length,
    sha256: sha256(payload),
  };
  const headerBytes = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.write(MAGIC, 'latin1');
  prefix.writeUInt32LE(headerBytes.length, MAGIC.length);
  return Buffer.concat([prefix, headerBytes, payload]);
}

/** Reads a checkpoint from bytes. Throws `CHECKPOINT` saying what is wrong: not a checkpoint, cut short, damaged, another kind or version, or a state that does not fit. */
export function decodeCheckpoint<S extends TSchema>(
  bytes: Uint8Array,
  expected: CheckpointExpectation<S>,
  what = 'checkpoint',
): Checkpoint<Static<S>> {
  const { header, payload } = splitFile(bytes, what);
  if (header.kind !== expected.kind || header.version !== expected.version) {
    fail(
      `${what}: expected ${expected.kind} version ${expected.version}, got ${header.kind} version ${header.version}`,
      'resume it with the command and version of Skein that wrote it',
    );
  }
  const state = parse(expected.schema, decodeValue(payload), { what: `${what} state`, code: 'CHECKPOINT' });
  return { kind: header.kind, version: header.version, step: header.step, state };
}

function splitFile(bytes: Uint8Array, what: string): { header: Static<typeof Header>; payload: Uint8Array } {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < PREFIX_BYTES || view.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    fail(`${what}: expected a Skein checkpoint, got ${view.length} bytes that do not start with ${MAGIC}`);
  }
  const start = PREFIX_BYTES + view.readUInt32LE(MAGIC.length);
  const header = readHeader(view.subarray(PREFIX_BYTES, start), what);
  const payload = new Uint8Array(view.subarray(start));
  if (payload.length !== header.length) {
    fail(`${what}: expected ${header.length} bytes of state, got ${payload.length}`, DAMAGED);
  }
  if (sha256(payload) !== header.sha256)
    fail(`${what}: expected SHA-256 ${header.sha256}, got ${sha256(payload)}`, DAMAGED);
  return { header, payload };
}

const DAMAGED = 'the file was cut or changed after it was written; use an earlier checkpoint';

function readHeader(bytes: Buffer, what: string): Static<typeof Header> {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    fail(`${what}: header is not JSON: ${messageOf(error)}`, DAMAGED);
  }
  return parse(Header, value, { what: `${what} header`, code: 'CHECKPOINT' });
}

function fail(message: string, advice?: string): never {
  throw new SkeinError('CHECKPOINT', message, advice === undefined ? {} : { advice });
}

/** Writes a checkpoint atomically: a crash leaves the previous file or the new one. */
export function saveCheckpoint(path: string, checkpoint: Checkpoint<unknown>): void {
  writeFileAtomic(path, encodeCheckpoint(checkpoint));
}

/** Reads and verifies a checkpoint file. Throws `CHECKPOINT`. */
export function loadCheckpoint<S extends TSchema>(
  path: string,
  expected: CheckpointExpectation<S>,
): Checkpoint<Static<S>> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new SkeinError('CHECKPOINT', `${path}: cannot be read: ${messageOf(error)}`, {
      cause: error,
      advice: 'check the path: a run folder holds checkpoint.skein once its first checkpoint was written',
    });
  }
  return decodeCheckpoint(bytes, expected, path);
}

/** The part of the Protocol Buffers wire format that ONNX files need. */

/** A message being written: fields in the order of the calls. */
export class Message {
  private readonly parts: Uint8Array[] = [];

  /** A field of type int32, int64 or enum. */
  integer(field: number, value: number): this {
    this.parts.push(varint(BigInt(field) << 3n), varint(BigInt.asUintN(64, BigInt(value))));
    return this;
  }

  /** A field of type float. */
  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    this.parts.push(varint((BigInt(field) << 3n) | 5n), bytes);
    return this;
  }

  /** A field of type string, bytes or message. */
  bytes(field: number, value: string | Uint8Array | Message): this {
    const bytes = value instanceof Message ? value.encode() : typeof value === 'string' ? Buffer.from(value) : value;
    this.parts.push(varint((BigInt(field) << 3n) | 2n), varint(BigInt(bytes.length)), bytes);
    return this;
  }

  encode(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.parts));
  }
}

/** Seven bits in each byte, the lowest first; the high bit says that more follow. */
function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

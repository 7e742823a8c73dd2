/** The part of the WebAssembly API that this package uses, typed: TypeScript has it only in the browser's library. */

/** A function, memory or table that a module exports. */
export type ExportValue = (...args: never[]) => unknown;

export interface Memory {
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
  grow(pages: number): number;
}

export interface Table {
  readonly length: number;
  grow(count: number): number;
  set(index: number, value: ExportValue): void;
}

export interface Instance {
  readonly exports: Readonly<Record<string, ExportValue | undefined>>;
}

type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

interface Api {
  readonly Memory: new (descriptor: {
    readonly initial: number;
    readonly maximum?: number;
    readonly shared?: boolean;
  }) => Memory;
  readonly Table: new (descriptor: { readonly element: 'anyfunc'; readonly initial: number }) => Table;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: Imports) => Instance;
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
}

export const WebAssembly = (globalThis as unknown as { readonly WebAssembly: Api }).WebAssembly;

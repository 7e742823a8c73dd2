// The WebAssembly side of the `simd` backend. Every kernel is `(p: usize) => void`: `p` points to its 32-bit operand
// words (addresses first, then integers; floats as their bits). A program is a list of instructions
// `[table index of the kernel, size in bytes, operand words...]`, so that a whole plan costs one call from JavaScript.

export * from './matmul';
export * from './lanewise';
export * from './math';
export * from './reduce';
export * from './move';
export { setWide } from './pack';
export * from './pool';
export { layerNorm, layerNormGradient } from './norm';
export * from './random';
export { resize } from './resize';
export * from './softmax';
export { dismissHelpers, help, setHelpers } from './threads';
export { addPatches, depthwise, patches } from './window';

/** Runs the instructions between two addresses. */
export function run(pc: usize, end: usize): void {
  while (pc < end) {
    call_indirect<void>(load<u32>(pc), pc + 8);
    pc += <usize>load<u32>(pc, 4);
  }
}

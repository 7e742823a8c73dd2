// Work on several threads. Threads are instances of this module on one shared memory. One job runs at a time: the
// caller cuts it into chunks, which it and the helpers take until none is left. Chunks depend on shapes alone, never on
// the number of threads, and no result depends on two of them: so results are the same for any number of threads.

// Words below the static data (see the build's memory base), so that no instance initialises them.
/** Chunks that nobody has taken yet. */
const CLAIM: usize = 64;
/** Chunks that are finished. */
const DONE: usize = 128;
/** Counts jobs; helpers sleep on it. */
const TICKET: usize = 192;
/** Helpers that have started and not ended. */
const READY: usize = 256;
/** Not zero: helpers end. */
const DISMISSED: usize = 260;
/** Table index of the job's function, which takes the number of a chunk. */
const FUNCTION: usize = 264;
/** Operand words of the job. */
export const OPERANDS: usize = 320;

/** 2 KiB per thread for operands and partial results, above the static data. */
const SCRATCH: usize = 65536;

/** How often a waiting thread looks before it sleeps. */
const SPINS: i32 = 2000;

let scratch: usize = SCRATCH;
let helpers: i32 = 0;

/** This thread's own 2 KiB. */
// @ts-ignore: decorator
@inline
export function ownScratch(): usize {
  return scratch;
}

/** Whether there is anybody to share work with. */
// @ts-ignore: decorator
@inline
export function hasHelpers(): bool {
  return helpers > 0;
}

/** Tells the calling thread how many helpers there are. */
export function setHelpers(count: i32): void {
  helpers = count;
}

/** Lets all helpers end, and waits until they have. One that was stopped in the middle of a chunk would never finish. */
export function dismissHelpers(): void {
  helpers = 0;
  atomic.store<i32>(DISMISSED, 1);
  atomic.add<i32>(TICKET, 1);
  atomic.notify(TICKET, -1);
  for (let left = atomic.load<i32>(READY); left > 0; left = atomic.load<i32>(READY)) waitWhile(READY, left);
  atomic.store<i32>(DISMISSED, 0);
}

/** Takes a chunk: its number, or -1 when none is left. The operands are valid until it is finished. */
function take(): i32 {
  let left = atomic.load<i32>(CLAIM);
  while (left > 0) {
    const found = atomic.cmpxchg<i32>(CLAIM, left, left - 1);
    if (found == left) return left - 1;
    left = found;
  }
  return -1;
}

/** Runs chunks until none is left. */
function work(): void {
  for (let chunk = take(); chunk >= 0; chunk = take()) {
    call_indirect<void>(load<u32>(FUNCTION), chunk);
    atomic.add<i32>(DONE, 1);
  }
}

/** Waits while a word has a value: looks for a while, then sleeps. */
function waitWhile(word: usize, value: i32): void {
  for (let i = 0; i < SPINS; i++) if (atomic.load<i32>(word) != value) return;
  atomic.wait<i32>(word, value, -1);
}

/** Runs a job whose operands have been written; returns when all chunks are finished. */
export function runJob(fn: u32, chunks: i32): void {
  store<u32>(FUNCTION, fn);
  atomic.store<i32>(DONE, 0);
  atomic.store<i32>(CLAIM, chunks);
  atomic.add<i32>(TICKET, 1);
  atomic.notify(TICKET, helpers);
  work();
  for (let done = atomic.load<i32>(DONE); done < chunks; done = atomic.load<i32>(DONE)) waitWhile(DONE, done);
}

/** The life of helper number `index`, from 1. */
export function help(index: i32): void {
  scratch = SCRATCH + (<usize>index << 11);
  let seen = atomic.load<i32>(TICKET);
  atomic.add<i32>(READY, 1);
  atomic.notify(READY, 1);
  while (!atomic.load<i32>(DISMISSED)) {
    work();
    atomic.notify(DONE, 1);
    waitWhile(TICKET, seen);
    seen = atomic.load<i32>(TICKET);
  }
  atomic.sub<i32>(READY, 1);
  atomic.notify(READY, 1);
}

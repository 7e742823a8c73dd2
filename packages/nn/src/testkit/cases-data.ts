/** Cases of kernels that create, move, select or count data, of strings and of sparse tensors. */

import { type CaseTable, everyType, ints, text } from './draw.ts';

/** Numbers before and behind each axis. */
const MARGINS = [
  [1, 1],
  [2, 0],
];

export const DATA_CASES: CaseTable = {
  Bincount: (d) => [{ inputs: { x: d.int(5, 9), weights: d.float(9) }, attrs: { size: 5 } }],
  BroadcastArgs: () => [{ inputs: { s0: ints([1, 3]), s1: ints([2, 1]) } }],
  Cast: (d) =>
    (['float32', 'int32', 'bool'] as const).flatMap((from) =>
      (['float32', 'int32', 'bool'] as const).map((dtype) => ({ inputs: { x: d.of(from, 5, 7) }, attrs: { dtype } })),
    ),
  Concat: (d) => [
    ...[0, 1, 2].map((axis) => {
      const part = (n: number) => [2, 3, 4].map((length, i) => (i === axis ? n : length));
      return { inputs: [1, 5, 2].map((n) => d.float(...part(n))), attrs: { axis } };
    }),
    { inputs: [d.float(0, 3), d.float(2, 3)], attrs: { axis: 0 } },
    { inputs: [d.bool(3, 5), d.bool(3, 2)], attrs: { axis: 1 } },
    { inputs: [text('a', 'b'), text('c')], attrs: { axis: 0 } },
  ],
  DenseBincount: (d) => [
    { inputs: { x: d.int(4, 2, 6), weights: d.float(2, 6) }, attrs: { size: 4, binaryOutput: false } },
  ],
  Diag: (d) => [{ inputs: { x: d.float(4) } }],
  ExpandDims: everyType((input) => ({ inputs: { input }, attrs: { dim: -2 } }), 3, 4),
  Fill: () => [
    { inputs: {}, attrs: { shape: [3, 4], value: 2.5, dtype: 'float32' } },
    { inputs: {}, attrs: { shape: [5], value: -3, dtype: 'int32' } },
    { inputs: {}, attrs: { shape: [2, 3], value: 1, dtype: 'bool' } },
    { inputs: {}, attrs: { shape: [2], value: 'x', dtype: 'string' } },
  ],
  GatherNd: (d) => [
    { inputs: { params: d.float(3, 4, 2), indices: ints([0, 1, 2, 3, 1, 0], 3, 2) } },
    { inputs: { params: d.float(3, 4), indices: ints([2, 0, 2, 1], 2, 2, 1) } },
    { inputs: { params: d.bool(3, 4), indices: ints([2, 0], 1, 2) } },
    { inputs: { params: d.float(3, 4), indices: ints([], 0, 2) } },
  ],
  GatherV2: (d) => [
    ...[0, 1, 2].map((axis) => ({
      inputs: { x: d.float(3, 4, 5), indices: d.int(3, 2, 3) },
      attrs: { axis, batchDims: 0 },
    })),
    { inputs: { x: d.bool(5, 3), indices: d.int(5, 7) }, attrs: { axis: 0, batchDims: 0 } },
    { inputs: { x: d.float(2, 4, 3), indices: d.int(4, 2, 5) }, attrs: { axis: 1, batchDims: 1 } },
    { inputs: { x: d.float(2, 3, 4, 3), indices: d.int(4, 2, 5) }, attrs: { axis: 2, batchDims: 1 } },
    { inputs: { x: d.float(4, 3), indices: ints([]) }, attrs: { axis: 0, batchDims: 0 } },
    { inputs: { x: d.float(4), indices: ints([2]) }, attrs: { axis: 0, batchDims: 0 } },
  ],
  Identity: everyType((x) => ({ inputs: { x } }), 3, 4),
  LinSpace: () => [{ inputs: {}, attrs: { start: 0, stop: 1, num: 7 } }],
  MirrorPad: (d) =>
    ['reflect', 'symmetric'].flatMap((mode) => [
      ...[d.float(3, 4), d.int(9, 3, 4), d.bool(3, 4)].map((x) => ({
        inputs: { x },
        attrs: { paddings: MARGINS, mode },
      })),
      { inputs: { x: d.float(5) }, attrs: { paddings: [[0, 4]], mode } },
      { inputs: { x: d.float(2, 3, 2) }, attrs: { paddings: [...MARGINS, [1, 1]], mode } },
    ]),
  Multinomial: (d) => [{ inputs: { logits: d.float(2, 4) }, attrs: { numSamples: 9, seed: 3, normalized: false } }],
  OneHot: (d) =>
    (['float32', 'int32', 'bool'] as const).map((dtype) => ({
      inputs: { indices: d.signed(4, 3, 2) },
      attrs: { depth: 4, onValue: 1, offValue: 0, dtype },
    })),
  OnesLike: everyType((x) => ({ inputs: { x } }), 3, 4),
  Pack: (d) => [0, 1, 2].map((axis) => ({ inputs: [d.float(3, 4), d.float(3, 4)], attrs: { axis } })),
  PadV2: (d) => [
    {
      inputs: { x: d.float(3, 4) },
      attrs: {
        paddings: [
          [1, 2],
          [0, 3],
        ],
        constantValue: 1.5,
      },
    },
    {
      inputs: { x: d.bool(3, 4) },
      attrs: {
        paddings: [
          [0, 1],
          [1, 0],
        ],
        constantValue: 1,
      },
    },
    {
      inputs: { x: d.float(2, 0) },
      attrs: {
        paddings: [
          [0, 1],
          [1, 1],
        ],
        constantValue: 2,
      },
    },
    {
      inputs: { x: d.float(2, 3, 2) },
      attrs: {
        paddings: [
          [0, 0],
          [1, 1],
          [0, 0],
        ],
        constantValue: 0,
      },
    },
  ],
  RaggedGather: (d) => [
    {
      inputs: {
        paramsNestedSplits: [ints([0, 3, 3, 7, 9])],
        paramsDenseValues: d.float(9),
        indices: ints([2, 1, 0, 3]),
      },
      attrs: { outputRaggedRank: 1 },
    },
  ],
  RaggedRange: () => [{ inputs: { starts: ints([0, 5, 8]), limits: ints([8, 7, 8]), deltas: ints([2, 1, 1]) } }],
  RaggedTensorToTensor: (d) => [
    {
      inputs: {
        shape: ints([4, 4]),
        values: d.float(9),
        defaultValue: { values: [1.5], shape: [], dtype: 'float32' },
        rowPartitionTensors: [{ values: [4], shape: [], dtype: 'int32' }, ints([0, 0, 0, 2, 2, 2, 2, 3, 3])],
      },
      attrs: { rowPartitionTypes: ['FIRST_DIM_SIZE', 'VALUE_ROWIDS'] },
    },
  ],
  Range: () => [
    { inputs: {}, attrs: { start: 0, stop: 7, step: 2, dtype: 'int32' } },
    { inputs: {}, attrs: { start: 1, stop: -1, step: -0.25, dtype: 'float32' } },
  ],
  Reshape: everyType((x) => ({ inputs: { x }, attrs: { shape: [2, -1] } }), 3, 4),
  Reverse: everyType((x) => ({ inputs: { x }, attrs: { dims: [0, 2] } }), 3, 4, 2),
  ScatterNd: (d) => [
    { inputs: { indices: ints([0, 3, 1], 3, 1), updates: d.float(3, 2) }, attrs: { shape: [5, 2] } },
    { inputs: { indices: ints([1, 2, 1, 2, 0, 0], 3, 2), updates: d.float(3, 5) }, attrs: { shape: [2, 3, 5] } },
    { inputs: { indices: ints([4, 4, 0], 3, 1), updates: d.signed(9, 3) }, attrs: { shape: [5] } },
    { inputs: { indices: ints([], 0, 1), updates: d.float(0, 2) }, attrs: { shape: [3, 2] } },
  ],
  SearchSorted: (d) => [
    {
      inputs: {
        sortedSequence: { values: [1, 2, 3, 4], shape: [1, 4], dtype: 'float32' },
        values: d.between(0, 5, 1, 6),
      },
      attrs: { side: 'left' },
    },
  ],
  Select: (d) => [
    ...everyType((t, draw) => ({ inputs: { condition: draw.bool(4, 5), t, e: t } }), 4, 5)(d),
    { inputs: { condition: d.bool(4, 5), t: d.float(4, 5), e: d.float(4, 5) } },
    { inputs: { condition: d.bool(4), t: d.float(4, 5), e: d.float(4, 5) } },
  ],
  SkeinRandom: () =>
    ['uniform', 'normal'].map((kind) => ({ inputs: { state: ints([1, 2, -3, 4]) }, attrs: { shape: [3, 7], kind } })),
  Slice: everyType((x) => ({ inputs: { x }, attrs: { begin: [1, 0, 2], size: [2, -1, 1] } }), 3, 4, 5),
  SparseFillEmptyRows: () => [
    {
      inputs: {
        indices: ints([0, 0, 2, 1, 2, 3], 3, 2),
        values: { values: [1, 2, 3], shape: [3], dtype: 'float32' },
        denseShape: ints([4, 4]),
        defaultValue: { values: [9], shape: [], dtype: 'float32' },
      },
    },
  ],
  SparseReshape: () => [
    { inputs: { inputIndices: ints([0, 1, 1, 2], 2, 2), inputShape: ints([2, 3]), newShape: ints([3, -1]) } },
  ],
  SparseSegmentMean: (d) => [
    { inputs: { data: d.float(4, 3), indices: ints([0, 2, 3]), segmentIds: ints([0, 0, 1]) } },
  ],
  SparseSegmentSum: (d) => [{ inputs: { data: d.float(4, 3), indices: ints([0, 2, 3]), segmentIds: ints([0, 0, 1]) } }],
  SparseToDense: (d) => [
    {
      inputs: {
        sparseIndices: ints([1, 3, 4]),
        sparseValues: d.float(3),
        defaultValue: { values: [0.5], shape: [], dtype: 'float32' },
      },
      attrs: { outputShape: [6] },
    },
  ],
  SplitV: (d) => [
    { inputs: { x: d.float(6, 4) }, attrs: { numOrSizeSplits: 3, axis: 0 } },
    { inputs: { x: d.float(3, 7) }, attrs: { numOrSizeSplits: [2, 4, 1], axis: 1 } },
  ],
  StaticRegexReplace: () => [
    { inputs: { x: text('hello', 'yellow') }, attrs: { pattern: 'l+', rewrite: 'L', replaceGlobal: true } },
  ],
  StridedSlice: (d) =>
    (
      [
        [[4, 0], [0, 6], [-2, 3], 0, 0, 0],
        [[1, 2], [4, 6], [1, 1], 0, 0, 0],
        [[0, 0], [5, 6], [1, 1], 0, 0, 0],
        [[0, 0], [0, 0], [2, -1], 3, 3, 0],
        [[2, 1], [3, 6], [1, 1], 0, 0, 1],
        [[3, 0], [3, 6], [1, 1], 0, 0, 0],
      ] as const
    ).map(([begin, end, strides, beginMask, endMask, shrinkAxisMask]) => ({
      inputs: { x: d.float(5, 6) },
      attrs: {
        ...{ begin: [...begin], end: [...end], strides: [...strides], beginMask, endMask, shrinkAxisMask },
        ...{ ellipsisMask: 0, newAxisMask: 0 },
      },
    })),
  StringNGrams: () => [
    {
      inputs: { data: text('a', 'b', 'c', 'd'), dataSplits: ints([0, 3, 4]) },
      attrs: {
        separator: '|',
        nGramWidths: [2],
        leftPad: 'L',
        rightPad: 'R',
        padWidth: 1,
        preserveShortSequences: false,
      },
    },
  ],
  StringSplit: () => [
    {
      inputs: { input: text('a b', 'c'), delimiter: { values: [' '], shape: [], dtype: 'string' } },
      attrs: { skipEmpty: true },
    },
  ],
  StringToHashBucketFast: () => [{ inputs: { input: text('a', 'bc', 'def') }, attrs: { numBuckets: 10 } }],
  TensorScatterUpdate: (d) => [
    { inputs: { tensor: d.float(5, 2), indices: ints([0, 3], 2, 1), updates: d.float(2, 2) } },
    { inputs: { tensor: d.signed(9, 2, 3), indices: ints([1, 2, 0, 0], 2, 2), updates: d.signed(9, 2) } },
  ],
  Tile: everyType((x) => ({ inputs: { x }, attrs: { reps: [2, 1, 3] } }), 2, 3, 2),
  TopK: (d) => [{ inputs: { x: d.distinct(3, 6) }, attrs: { k: 2, sorted: true } }],
  Transpose: (d) => [
    ...everyType((x) => ({ inputs: { x }, attrs: { perm: [2, 0, 1] } }), 3, 4, 5)(d),
    { inputs: { x: d.float(33, 19) }, attrs: { perm: [1, 0] } },
    { inputs: { x: d.float(2, 3, 4, 5) }, attrs: { perm: [0, 2, 1, 3] } },
  ],
  Unique: () => [{ inputs: { x: ints([3, 1, 3, 2, 1]) }, attrs: { axis: 0 } }],
  Unpack: (d) => [0, 1].map((axis) => ({ inputs: { value: d.float(3, 4) }, attrs: { axis } })),
  UnsortedSegmentSum: (d) => [
    { inputs: { x: d.float(7, 5), segmentIds: d.int(4, 7) }, attrs: { numSegments: 4 } },
    { inputs: { x: d.float(6), segmentIds: d.int(3, 6) }, attrs: { numSegments: 5 } },
  ],
  ZerosLike: everyType((x) => ({ inputs: { x } }), 3, 4),
};

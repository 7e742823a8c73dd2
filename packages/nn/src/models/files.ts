/** Models on disk in tfjs's own format: `model.json` (topology and a list of weights) and `weights.bin`. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, SkeinError, writeFileAtomic } from '@skein/core';
import { io } from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel, version_layers } from '@tensorflow/tfjs-layers';

const MODEL_FILE = 'model.json';
const WEIGHTS_FILE = 'weights.bin';

/** tfjs's model.json, with a digest of the weights that tfjs ignores. */
interface ModelFile extends io.ModelJSON {
  readonly weightsSha256?: string;
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The part of model.json that tfjs reads. */
function describe(artifacts: io.ModelArtifacts): io.ModelJSON {
  const { modelTopology, weightSpecs, trainingConfig, userDefinedMetadata } = artifacts;
  return {
    format: 'layers-model',
    generatedBy: `TensorFlow.js tfjs-layers v${version_layers}`,
    convertedBy: null as unknown as string,
    modelTopology: modelTopology as io.ModelJSON['modelTopology'],
    weightsManifest: [{ paths: [WEIGHTS_FILE], weights: weightSpecs! }],
    ...(trainingConfig === undefined ? {} : { trainingConfig }),
    ...(userDefinedMetadata === undefined ? {} : { userDefinedMetadata: userDefinedMetadata as never }),
  };
}

/**
 * Writes a model into a folder, which is made if missing. Each file is replaced atomically, and model.json names the
 * digest of its weights, so that an interrupted save is noticed on loading. Throws `IO`.
 */
export async function saveModel(model: LayersModel, folder: string): Promise<void> {
  await model.save(
    io.withSaveHandler(async (artifacts) => {
      const weights = new Uint8Array(io.CompositeArrayBuffer.join(artifacts.weightData));
      const file: ModelFile = {
        ...describe(artifacts),
        weightsSha256: digest(weights),
      };
      writeFileAtomic(join(folder, WEIGHTS_FILE), weights);
      writeFileAtomic(join(folder, MODEL_FILE), JSON.stringify(file));
      return { modelArtifactsInfo: io.getModelArtifactsInfoForJSON(artifacts) };
    }),
  );
}

/**
 * Reads a model that `saveModel` or tfjs wrote. Throws `CHECKPOINT` when a file is missing or damaged, or when the
 * weights belong to another model.json.
 */
export async function loadModel(folder: string): Promise<LayersModel> {
  const file = parseModelFile(join(folder, MODEL_FILE));
  const path = join(folder, WEIGHTS_FILE);
  const weights = read(path);
  if (file.weightsSha256 !== undefined && file.weightsSha256 !== digest(weights)) {
    throw damaged(path, 'its digest differs from the one in model.json');
  }
  const weightSpecs = file.weightsManifest.flatMap((group) => group.weights);
  try {
    return await loadLayersModel(
      io.fromMemory({
        modelTopology: file.modelTopology,
        weightSpecs,
        weightData: weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.byteLength) as ArrayBuffer,
        ...(file.trainingConfig === undefined ? {} : { trainingConfig: file.trainingConfig }),
        ...(file.userDefinedMetadata === undefined ? {} : { userDefinedMetadata: file.userDefinedMetadata }),
      }),
    );
  } catch (cause) {
    throw damaged(folder, messageOf(cause), cause);
  }
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw damaged(path, messageOf(cause), cause);
  }
}

function parseModelFile(path: string): ModelFile {
  const text = read(path).toString('utf8');
  try {
    const file = JSON.parse(text) as ModelFile;
    if (typeof file.modelTopology === 'object' && Array.isArray(file.weightsManifest)) return file;
  } catch (cause) {
    throw damaged(path, messageOf(cause), cause);
  }
  throw damaged(path, 'expected the keys modelTopology and weightsManifest');
}

function damaged(path: string, why: string, cause?: unknown): SkeinError {
  return new SkeinError('CHECKPOINT', `${path}: expected a saved model: ${why}`, {
    details: { path },
    advice: 'give the folder of a model saved with saveModel, or an earlier checkpoint',
    ...(cause === undefined ? {} : { cause }),
  });
}

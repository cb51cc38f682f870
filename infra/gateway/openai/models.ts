import { ModelNotServedError } from '../../../src/core/errors.js';
import type { Answer } from '../answer.js';
import { publicError } from '../public-error.js';
import { errorAnswer } from './openai-error.js';

/** The list of models: the one that is served. `created`: seconds since 1970. */
export function listModels(model: string, created: number): Answer {
  return { status: 200, body: { object: 'list', data: [modelObject(model, created)] } };
}

/** One model, by its name as it stands in a path. */
export function findModel(name: string, model: string, created: number): Answer {
  if (decoded(name) === model) return { status: 200, body: modelObject(model, created) };
  const error = new ModelNotServedError(decoded(name), model);
  return errorAnswer(error, publicError(error));
}

function modelObject(id: string, created: number) {
  return { id, object: 'model', created, owned_by: 'slipstream' };
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

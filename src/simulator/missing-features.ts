import { UserError } from '../shared/errors.ts';
import { isObject } from './json-schema.ts';
import { type ApiError, invalidRequest } from './openai-errors.ts';

/** What some endpoint or model does without. */
export const FEATURES = [
  'response_format',
  'json_schema',
  'json_object',
  'temperature',
  'max_completion_tokens',
  'max_tokens',
  'prompt_cache_key',
  'reasoning_effort',
] as const;
export type Feature = (typeof FEATURES)[number];

/** Reads `json_schema,temperature`. Throws a UserError that names what is unknown, and what is known. */
export function parseFeatures(text: string): Feature[] {
  const names = text.split(',').flatMap((name) => name.trim() || []);
  return names.map((name) => {
    const feature = FEATURES.find((each) => each === name);
    if (feature !== undefined) return feature;
    throw new UserError(`unsupported: unknown feature "${name}". Known features: ${FEATURES.join(', ')}`);
  });
}

/** Throws the 400 that OpenAI answers with when a request uses one of the missing features. */
export function refuseMissing(request: Readonly<Record<string, unknown>>, missing: readonly Feature[]): void {
  for (const feature of missing) {
    const refusal = refusalOf(feature, request);
    if (refusal !== undefined) throw refusal;
  }
}

function refusalOf(feature: Feature, request: Readonly<Record<string, unknown>>): ApiError | undefined {
  if (feature === 'json_schema' || feature === 'json_object') {
    const format = request.response_format;
    if (!isObject(format) || Reflect.get(format, 'type') !== feature) return undefined;
    return invalidRequest(
      `Invalid value: '${feature}'. This model does not support 'response_format' of this type.`,
      'response_format.type',
      'invalid_value',
    );
  }
  const value = request[feature];
  if (value === undefined || value === null) return undefined;
  if (feature !== 'temperature')
    return invalidRequest(
      `Unsupported parameter: '${feature}' is not supported with this model.`,
      feature,
      'unsupported_parameter',
    );
  // Reasoning models take the default.
  if (value === 1) return undefined;
  return invalidRequest(
    `Unsupported value: 'temperature' does not support ${JSON.stringify(value)} with this model. Only the default (1) value is supported.`,
    feature,
    'unsupported_value',
  );
}

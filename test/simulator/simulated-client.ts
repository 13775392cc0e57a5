import OpenAI from 'openai';
import type { JsonSchema } from '../../src/simulator/json-schema.ts';
import type { Simulator } from '../../src/simulator/server.ts';

export const SMALL_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    age: { type: 'integer', minimum: 0, maximum: 120 },
    nationality: { type: 'string' },
    occupation: {
      type: 'object',
      properties: { title: { type: 'string' }, description: { type: 'string' } },
      required: ['title', 'description'],
      additionalProperties: false,
    },
    style: { type: 'string' },
    beliefs: { type: 'array', items: { type: 'string' }, minItems: 6, maxItems: 9 },
    relationships: {
      type: 'array',
      minItems: 2,
      items: {
        type: 'object',
        properties: { name: { type: 'string' }, description: { type: 'string' } },
        required: ['name', 'description'],
        additionalProperties: false,
      },
    },
    other_facts: { type: 'array', items: { type: 'string' }, minItems: 3 },
  },
  required: ['name', 'age', 'nationality', 'occupation', 'style', 'beliefs', 'relationships', 'other_facts'],
  additionalProperties: false,
};

export interface SmallPerson {
  name: string;
  age: number;
  nationality: string;
  occupation: { title: string; description: string };
  style: string;
  beliefs: string[];
  relationships: { name: string; description: string }[];
  other_facts: string[];
}

export const MARIA = [
  '<characteristics>',
  '- name: Maria Oliveira',
  '- age: 34',
  '- Nationality: Brazilian',
  '- occupation: nurse',
  '- Marital status: married',
  '</characteristics>',
].join('\n');

export function clientOf(simulator: Simulator, apiKey = 'sk-test'): OpenAI {
  return new OpenAI({ baseURL: simulator.url, apiKey, maxRetries: 0 });
}

/** The body of a request for one person; `about` ends the user's message. */
export function personRequest(about: string, schema: object = SMALL_SCHEMA) {
  return {
    model: 'simulated-1',
    messages: [
      { role: 'system' as const, content: 'You write believable people.' },
      { role: 'user' as const, content: `One person, please.\n${about}` },
    ],
    response_format: {
      type: 'json_schema' as const,
      json_schema: { name: 'person', strict: true, schema: schema as Record<string, unknown> },
    },
  };
}

export async function askPerson(simulator: Simulator, about: string): Promise<SmallPerson> {
  const completion = await clientOf(simulator).chat.completions.create(personRequest(about));
  return JSON.parse(completion.choices[0]?.message.content ?? '');
}

/** The error of a call that must fail. */
export async function failureOf(call: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  try {
    await call;
  } catch (error) {
    if (error instanceof OpenAI.APIError) return error;
    throw error;
  }
  throw new Error('expected the call to fail, but it succeeded');
}

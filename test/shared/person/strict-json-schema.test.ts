import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { strictJsonSchema } from '../../../src/shared/person/strict-json-schema.ts';

test('length and format keywords are dropped, counts and bounds stay', () => {
  const schema = z.strictObject({
    mail: z.email().min(5),
    scores: z.array(z.int().min(1).max(9)).min(2).max(3),
  });
  assert.deepEqual(strictJsonSchema(schema), {
    type: 'object',
    properties: {
      mail: { type: 'string' },
      scores: { type: 'array', minItems: 2, maxItems: 3, items: { type: 'integer', minimum: 1, maximum: 9 } },
    },
    required: ['mail', 'scores'],
    additionalProperties: false,
  });
});

test('what strict mode cannot express is refused with its path', () => {
  const box = (content: z.ZodType) => z.strictObject({ box: z.strictObject({ content }) });
  assert.throws(() => strictJsonSchema(box(z.string().optional())), /\$\.box\.content is optional/);
  assert.throws(
    () => strictJsonSchema(box(z.union([z.string(), z.number()]))),
    /one type at \$\.box\.content/,
  );
  assert.throws(() => strictJsonSchema(box(z.unknown())), /at \$\.box\.content/);
  assert.throws(
    () => strictJsonSchema(box(z.record(z.string(), z.string()))),
    /no properties at \$\.box\.content/,
  );
  assert.throws(() => strictJsonSchema(box(z.array(z.unknown()))), /at \$\.box\.content\[\]/);
});

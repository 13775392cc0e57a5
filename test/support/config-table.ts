import { z } from 'zod';
import { configSchema } from '../../src/shared/config.ts';

/** The settings as a Markdown table, from their schema: variable, default, meaning. */
export function configTable(): string {
  const rows = Object.entries(configSchema.shape).map(([name, schema]) => {
    const parsed = schema.safeParse(undefined);
    const fallback = parsed.success && parsed.data !== undefined ? `\`${parsed.data}\`` : '';
    return `| \`${name}\` | ${fallback} | ${z.globalRegistry.get(schema)?.description ?? ''} |`;
  });
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

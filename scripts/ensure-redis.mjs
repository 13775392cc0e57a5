/** Before the tests: makes sure that a Redis server can be started. Runs on the fitting Node, which strips types. */
import { fileURLToPath } from 'node:url';
import { ensureServerBinary } from '../src/embedded-redis/server-binary.ts';
import { UserError } from '../src/shared/errors.ts';

try {
  await ensureServerBinary({
    dataDir: fileURLToPath(new URL('../.persona-fleet', import.meta.url)),
    announce: (line) => console.error(line),
  });
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}

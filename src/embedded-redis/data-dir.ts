import { UserError } from '../shared/errors.ts';
import { errnoOf } from './errno.ts';

/**
 * Runs a step that writes into the data directory.
 * @throws UserError naming the directory when the file system refuses; other errors pass through.
 */
export async function writableDataDir<T>(dataDir: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (errnoOf(error) === undefined || error instanceof UserError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(
      `The data directory ${dataDir} must be writable (${reason}); free or permit it, or set PERSONA_FLEET_DATA_DIR to another`,
      { cause: error },
    );
  }
}

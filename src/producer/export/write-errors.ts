import { UserError } from '../../shared/errors.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no file can be created there',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file is larger than allowed here',
  EISDIR: 'it is a directory',
  ENOTDIR: 'part of the path is not a directory',
  EEXIST: 'part of the path is not a directory',
  ENAMETOOLONG: 'the name is too long',
  EPIPE: 'its reader has gone',
};

/** Why nothing can be written, in words; undefined for errors of another kind. */
export function whyUnwritable(error: unknown): string | undefined {
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? undefined : reasons[code];
}

/** What stands when an output fails: a check before the run costs nothing, a failed export loses nothing. */
export type Standing =
  | 'nothing has run'
  | 'results are in Redis'
  | 'the file goes on'
  | 'the file stays as it is';

const nextSteps: Readonly<Record<Standing, string>> = {
  'nothing has run': 'Nothing has run yet: choose another path',
  'results are in Redis':
    'Nothing was left half-written; the results are in Redis: choose another path and run it again',
  'the file goes on':
    'Nothing is lost: whoever is not in the file is in Redis; mend that and run the same command again',
  'the file stays as it is':
    'It may end with half a line; the results are in Redis: choose another path and run it again',
};

/** The error as a UserError that names the place; other errors pass through. */
export function describeWriteError(path: string, error: unknown, standing: Standing): unknown {
  const reason = whyUnwritable(error);
  if (reason === undefined) return error;
  return new UserError(`cannot write ${path}: ${reason}. ${nextSteps[standing]}`, { cause: error });
}

import { type Finding, fault, ok, warning } from '../check.ts';
import type { RedisInfo } from './redis-info.ts';

/** What of the people survives a restart of Redis. `fsync`: the setting `appendfsync`, undefined where it cannot be seen. */
export function checkPersistence(info: RedisInfo, fsync: string | undefined): Finding {
  const isOn = info.get('aof_enabled');
  if (isOn === undefined) {
    return warning('persistence cannot be seen', 'make sure that an append-only file is kept');
  }
  if (isOn !== '1') return withoutFile(info);
  if (info.get('aof_last_write_status') === 'err') {
    return fault(
      'the last write to the append-only file failed: Redis refuses to write',
      'look at its log and at the space of its disk',
    );
  }
  if (info.get('aof_last_bgrewrite_status') === 'err') {
    return warning(
      'the append-only file could not be rewritten the last time, and grows without end',
      'look at its log, and at the memory and disk that a rewrite needs',
    );
  }
  const found = `append-only file, appendfsync ${fsync ?? 'cannot be seen'}`;
  switch (fsync) {
    case 'no':
      return warning(
        `${found}: after a power cut half a minute of people may be gone`,
        'CONFIG SET appendfsync everysec (or always): who is lost is made, and paid for, again',
      );
    case 'everysec':
      return ok(`${found}: after a power cut about a second of people is made again`);
    case 'always':
      return ok(`${found}: a power cut loses nobody`);
    default:
      return ok(found);
  }
}

function withoutFile(info: RedisInfo): Finding {
  if (info.get('rdb_last_bgsave_status') === 'err') {
    return fault(
      'no append-only file, and the last snapshot failed: Redis may refuse to write',
      'look at its log and at the space of its disk; then CONFIG SET appendonly yes',
    );
  }
  return warning(
    'no append-only file: a restart of Redis loses people who were paid for',
    'CONFIG SET appendonly yes, and the same in redis.conf; appendfsync everysec, or always',
  );
}

import { type Finding, fault, ok, warning } from '../check.ts';
import { numberIn, type RedisInfo } from './redis-info.ts';

/** Whether this is a server that takes writes, and spoken to as what it is. */
export function checkRole(info: RedisInfo, { asCluster }: { asCluster: boolean }): Finding {
  const role = info.get('role');
  if (role === undefined)
    return warning('its role cannot be seen', 'make sure that REDIS_URL names a primary');
  if (role !== 'master') {
    const primary = info.get('master_host');
    return fault(
      `it is a replica${primary === undefined ? '' : ` of ${primary}:${info.get('master_port')}`}, and takes no writes`,
      'put the primary into REDIS_URL, or redis+sentinel://… with the sentinels that know it',
    );
  }
  if (info.get('cluster_enabled') === '1' && !asCluster) {
    return fault(
      'it is a node of a cluster, which REDIS_URL does not say',
      'write redis+cluster://host:port,host:port',
    );
  }
  const replicas = numberIn(info, 'connected_slaves') ?? 0;
  const found = replicas === 0 ? 'primary' : `primary, ${replicas} replica${replicas === 1 ? '' : 's'}`;
  return ok(asCluster ? `${found}, of a cluster` : found);
}

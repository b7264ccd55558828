import { spawnSync } from 'node:child_process';

export const REDIS = { host: '127.0.0.1', port: 6379 } as const;

const PROGRAM = `
  const [host, port] = process.argv.slice(1);
  require('node:net').connect({ host, port: Number(port) })
    .once('connect', () => process.exit(0)).once('error', () => process.exit(1));
`;

/** Specs are collected synchronously, so another process asks. */
function answers({ host, port }: typeof REDIS): boolean {
  return spawnSync(process.execPath, ['--eval', PROGRAM, host, String(port)]).status === 0;
}

/** `describe` where Redis runs. Elsewhere its specs are skipped, with a message; with `REQUIRE_SERVICES=1` they fail. */
export function describeWithRedis(): jest.Describe {
  if (answers(REDIS)) return describe;
  const message = `Redis does not answer on ${REDIS.host}:${REDIS.port}`;
  if (process.env.REQUIRE_SERVICES === '1')
    throw new Error(`${message}, and REQUIRE_SERVICES is 1.`);
  console.warn(`${message}, so the specs that need it are skipped.`);
  return describe.skip;
}

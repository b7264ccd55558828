/** An endpoint with an origin of its own and one listener. */
export interface Endpoint {
  /** Its listener wants the payments of this account. */
  readonly account: string;
  readonly host: string;
  readonly isHealthy: boolean;
}

const ENDPOINTS = 1_000;
const HEALTHY_EVERY = 10;
/** All addresses of 127.0.0.0/8 are this machine, so one server can have many origins. */
const HEALTHY_NETWORK = '127.1';
const HANGING_NETWORK = '127.2';

/** Every tenth endpoint is healthy, and receives every tenth payment. */
export const ALL: readonly Endpoint[] = Array.from({ length: ENDPOINTS }, (_, n) => {
  const isHealthy = n % HEALTHY_EVERY === 0;
  const network = isHealthy ? HEALTHY_NETWORK : HANGING_NETWORK;
  return { isHealthy, account: `acct_${n}`, host: `${network}.${n >> 8}.${n & 0xff}` };
});

export const HEALTHY: readonly Endpoint[] = ALL.filter(({ isHealthy }) => isHealthy);

/** Whether the endpoint at this address answers. */
export function isHealthyAt(address: string): boolean {
  return address.startsWith(`${HEALTHY_NETWORK}.`);
}

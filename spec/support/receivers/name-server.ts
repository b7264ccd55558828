import { createSocket } from 'node:dgram';
import { promises as dns, type LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { isIPv6, type LookupFunction } from 'node:net';
import { type Answer, decode, encode, type Packet } from 'dns-packet';

export interface NameServer {
  /** The requested names, such as `A hooks.example`. */
  readonly asked: string[];
  /** A `lookup` that uses this server instead of the system's resolver. */
  readonly lookup: LookupFunction;
  close(): Promise<void>;
}

/** A real DNS server on a free loopback port. It calls `addresses` for each look-up, and its answers are not cached. */
export async function startNameServer(
  addresses: (name: string, type: 'A' | 'AAAA') => readonly string[],
): Promise<NameServer> {
  const asked: string[] = [];
  const server = createSocket('udp4');
  server.on('message', (message, { address, port }) => {
    const packet = decode(message);
    const [question] = packet.questions ?? [];
    const { name, type } = question ?? { name: '', type: 'A' };
    asked.push(`${type} ${name}`);
    server.send(answer(packet, addresses(name, type as 'A' | 'AAAA')), port, address);
  });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  const resolver = new dns.Resolver({ timeout: 2_000, tries: 1 });
  resolver.setServers([`127.0.0.1:${server.address().port}`]);
  return {
    asked,
    lookup: lookupBy(resolver),
    close: async () => {
      resolver.cancel();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}

function answer({ id, questions = [] }: Packet, addresses: readonly string[]): Buffer {
  const [question] = questions;
  const answers = addresses.map((data): Answer => {
    const { name = '', type } = question ?? {};
    return { name, type: type === 'AAAA' ? 'AAAA' : 'A', ttl: 0, data };
  });
  return encode({ id: id ?? 0, type: 'response', questions, answers });
}

function lookupBy(resolver: dns.Resolver): LookupFunction {
  return (hostname, _options, callback) => {
    Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]).then(
      ([four, six]) => {
        const found = [four, six].flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
        const addresses = found.map(
          (address): LookupAddress => ({ address, family: isIPv6(address) ? 6 : 4 }),
        );
        if (addresses.length > 0) callback(null, addresses);
        else callback(four.status === 'rejected' ? four.reason : new Error('NODATA'), []);
      },
    );
  };
}

import type { Policies } from '../../recipient/policies';
import type { HttpClientOptions } from '../http/http-client';
import { HttpTransport } from '../http/http-transport';
import type { Reply } from '../http/reply';
import type { PreparedRequest, Transport } from '../http/transport';

/** Carries each request with the transport for the kind of its target. */
export class Transports implements Transport {
  readonly #http: HttpTransport;

  constructor(policies: Policies, options: HttpClientOptions) {
    this.#http = new HttpTransport(policies, options);
  }

  carry(request: PreparedRequest, options: { readonly signal: AbortSignal }): Promise<Reply> {
    switch (request.target.kind) {
      case 'url':
        return this.#http.carry(request, options);
    }
  }

  close(): Promise<void> {
    return this.#http.close();
  }
}

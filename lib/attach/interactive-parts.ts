import { HttpTransport } from '../delivery/http/http-transport';
import { TracedTransport } from '../delivery/http/traced-transport';
import { Asking } from '../interactive/call/asking';
import { CallLog } from '../interactive/call/call-log';
import { Calls } from '../interactive/call/calls';
import { Vetoes } from '../interactive/veto/vetoes';
import type { SavedListeners } from '../listener/saved/saved-listeners';
import type { SessionParts } from './engine-parts';

export interface InteractiveSurroundings
  extends Pick<
    SessionParts,
    | 'dataSource'
    | 'store'
    | 'catalog'
    | 'policies'
    | 'handlers'
    | 'reporter'
    | 'options'
    | 'contexts'
    | 'telemetry'
  > {
  readonly saved: SavedListeners;
  readonly process: { readonly id: string };
}

export interface InteractiveParts {
  readonly vetoes: Vetoes;
  readonly interactive: Calls;
}

/** Puts the interactive stage together. */
export function interactiveParts(given: InteractiveSurroundings): InteractiveParts {
  const { policies, options } = given;
  const { logger, delivery } = options;
  // Calls work in processes without an engine, and leave no idle connection open.
  const http = new HttpTransport(policies, { ...delivery, keepAlive: false });
  const transport = new TracedTransport(http, given.telemetry);
  const asking = new Asking({ ...given, transport, logger, delivery });
  const log = new CallLog({ ...given, logger });
  return {
    vetoes: new Vetoes({ ...given, logger }),
    interactive: new Calls({ ...given, keys: options, asking, log }),
  };
}

import type { DataSource } from 'typeorm';
import { ModelHooks } from '../../lib';
import { specOptions } from '../support/application/application';
import { type Endpoint, HOPELESS_ENDPOINTS, LASTING } from './endpoints';
import type { Inbox } from './inbox';

/** The listeners of the run. They are saved from the supervisor, which delivers nothing. */
export class SoakListeners {
  /** All that were saved, with their endpoints. */
  readonly endpoints = new Map<string, Endpoint>();

  static async start(dataSource: DataSource, inbox: Inbox): Promise<SoakListeners> {
    const hooks = await ModelHooks.attach(dataSource, specOptions({ work: false }));
    const listeners = new SoakListeners(hooks, inbox);
    await listeners.#add(LASTING);
    await listeners.addHopeless();
    return listeners;
  }

  private constructor(
    private readonly hooks: ModelHooks,
    private readonly inbox: Inbox,
  ) {}

  /** Adds listeners that never accept anything, at new origins. The package disables the old ones. */
  addHopeless(): Promise<void> {
    return this.#add(HOPELESS_ENDPOINTS);
  }

  /** Removes the listeners that never accept anything, so that nothing waits for them. */
  async removeHopeless(): Promise<void> {
    for (const [id, { accepts }] of this.endpoints)
      if (!accepts) await this.hooks.listeners.remove(id);
  }

  async #add(endpoints: readonly Endpoint[]): Promise<void> {
    for (const endpoint of endpoints) {
      const { id } = await endpoint.save(this.hooks, await this.inbox.open(endpoint));
      this.endpoints.set(id, endpoint);
    }
  }
}

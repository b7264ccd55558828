import { ModelHookError } from '../errors/model-hook-error';
import type { Hook } from '../hook/hook';
import { isSelected } from '../hook/selection';
import { hooksOf } from '../listener/declared/pattern';
import { checkEncryptionKeys } from '../listener/secrets/encryption-key-check';
import { KEYS_ABSENT } from '../listener/secrets/signing-key-check';
import { suspendedListeners } from '../listener/suspended';
import { handlerName } from '../options/handler-ref';
import type { Check } from './check';
import { finding } from './finding';

/** An event that nobody has taken for that many leases has waited long. */
const PATIENCE_LEASES = 20;

/** Listeners that get nothing from this process. */
export const listeners: Check = {
  name: 'the listeners',
  readsRows: true,
  async find({ store, catalog, handlers }) {
    const absent = await store.listenerHooks.besides(catalog.all().map(({ name }) => name));
    const suspended = await suspendedListeners(store, catalog);
    const patterns = await store.listenerHooks.patterns();
    const unmade = patterns.filter(
      (pattern) => hooksOf({ hook: null, pattern }, catalog).length === 0,
    );
    const targets = await store.listenerHooks.handlers();
    const unknown = targets.filter((target) => !handlers.find(handlerName(target) ?? ''));
    const isUnkeyed = await store.keys.isAnyListenerUnkeyed();
    return [
      ...absent.map((hook) => finding(hook, 'LISTENER_HOOK_ABSENT', `${ABSENT} ${OTHERS}`)),
      ...suspended.map(({ hook, field, ids }) =>
        finding(
          hook,
          'LISTENER_FIELD_ABSENT',
          `${ids.length} listeners have conditions on "${field}", which the hook does not provide here. hooks.listeners.stale() finds them.`,
        ),
      ),
      ...unmade.map((pattern) =>
        finding(
          null,
          'LISTENER_PATTERN_ABSENT',
          `Listeners have the pattern "${pattern}", which no event of a hook of this process has. ${OTHERS}`,
        ),
      ),
      ...unknown.map((target) =>
        finding(
          null,
          'HANDLER_ABSENT',
          `Listeners have the target "${target}", which this process does not register with hooks.handler(). Their deliveries wait for a process that does.`,
        ),
      ),
      ...(isUnkeyed ? [finding(null, 'LISTENERS_UNKEYED', UNKEYED)] : []),
    ];
  },
};

const ABSENT = 'Listeners are stored for this hook, which is not attached here.';
const OTHERS = 'They get events only from other processes. Remove them if there are none.';
const UNKEYED =
  'Some listeners have no match keys of this release, which slows down every event: run hooks.listeners.reindex().';

/** Listeners that select what their hook does not provide. */
export const selections: Check = {
  name: 'the selected fields of the listeners',
  readsRows: true,
  async find({ store, catalog }) {
    const rows = await store.listenerHooks.selected(catalog.list().map(({ name }) => name));
    const absent = rows.filter(({ hook, field }) => lacks(catalog.find(hook), field));
    return absent.map(({ hook, field, listeners: count }) =>
      finding(
        hook,
        'LISTENER_SELECT_ABSENT',
        `${count} listeners select "${field}", which the hook does not provide here. This process sends them the other selected fields only.`,
      ),
    );
  },
};

function lacks(hook: Hook | undefined, field: string): boolean {
  if (!hook || hook.isOpen) return false;
  return ![...hook.fields.keys()].some((provided) => isSelected([field], provided));
}

/** Whether this process can sign what listeners want. */
export const signingKeys: Check = {
  name: 'the signing keys',
  readsRows: true,
  async find({ store, options: { keyRing } }) {
    if (!keyRing.isEmpty || !(await store.listenerHooks.isAnyAsymmetric())) return [];
    return [finding(null, 'SIGNING_KEYS_ABSENT', KEYS_ABSENT)];
  },
};

/** Events that no process plans. */
export const foreignEvents: Check = {
  name: 'the events of other processes',
  readsRows: true,
  async find({ store, catalog, options: { leaseMs } }) {
    const rows = await store.foreign.count(catalog.all());
    const old = rows.filter(({ age_ms }) => age_ms > leaseMs * PATIENCE_LEASES);
    return old.map(({ hook, events, age_ms }) =>
      finding(
        hook,
        'EVENTS_FOREIGN',
        `${events} events, the oldest ${Math.round(age_ms / 60_000)} minutes old, wait for a process that attaches the hook with these fields.`,
      ),
    );
  },
};

/** Whether this process can decrypt what is stored. */
export const secrets: Check = {
  name: 'the stored secrets',
  readsRows: true,
  async find({ store, options: { vault } }) {
    const plain =
      vault.newest === null
        ? [
            finding(
              null,
              'SECRETS_PLAIN',
              'Secrets are stored without encryption: give the option `encryptionKeys`, then run hooks.listeners.reencrypt().',
            ),
          ]
        : [];
    try {
      await checkEncryptionKeys(store, vault);
      return plain;
    } catch (error) {
      if (!(error instanceof ModelHookError) || !error.code.startsWith('SECRET_')) throw error;
      return [...plain, finding(null, 'SECRETS_UNREADABLE', error.message)];
    }
  },
};

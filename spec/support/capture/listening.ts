import { inspect } from 'node:util';
import type { EntitySubscriberInterface } from 'typeorm';

const CALLS = [
  'beforeInsert',
  'afterInsert',
  'beforeUpdate',
  'afterUpdate',
  'beforeRemove',
  'afterRemove',
  'beforeSoftRemove',
  'afterSoftRemove',
  'beforeRecover',
  'afterRecover',
  'beforeTransactionStart',
  'afterTransactionStart',
  'beforeTransactionCommit',
  'afterTransactionCommit',
  'beforeTransactionRollback',
  'afterTransactionRollback',
] as const;

interface CalledWith {
  readonly metadata?: { readonly name: string };
  readonly entity?: unknown;
  readonly entityId?: unknown;
  readonly databaseEntity?: unknown;
  readonly updatedColumns?: readonly { readonly propertyPath: string }[];
  readonly updatedRelations?: readonly { readonly propertyPath: string }[];
}

/** A subscriber of the application that keeps, as text, each call with what it was given. */
export class Listening {
  readonly calls: string[] = [];
  readonly subscriber = Object.fromEntries(
    CALLS.map((call) => [call, (event: CalledWith) => this.#keep(call, event)]),
  ) as EntitySubscriberInterface;

  #keep(call: string, event: CalledWith): void {
    const { metadata, entity, entityId, databaseEntity } = event;
    const columns = event.updatedColumns?.map(({ propertyPath }) => propertyPath);
    const relations = event.updatedRelations?.map(({ propertyPath }) => propertyPath);
    const given = { entity, entityId, databaseEntity, columns, relations };
    this.calls.push(`${call} ${metadata?.name ?? ''} ${inspect(given, { depth: 8 })}`);
  }
}

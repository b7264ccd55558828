import type { DataSource, EntityMetadata } from 'typeorm';
import { operationOf, type WriteBuilder } from '../../capture/typeorm/builders';
import type { Operation } from '../../hook/operation';
import { isPersisting } from './persisting';

export interface CriteriaReceiver {
  /** A write by criteria or by query builder begins. */
  unasked(metadata: EntityMetadata, operation: Operation): void;
}

const receivers = new WeakMap<DataSource, CriteriaReceiver>();
const patched = new WeakSet<object>();

/** Reports the writes of query builders that are no part of a `save()`. */
export function receiveCriteria(dataSource: DataSource, receiver: CriteriaReceiver): void {
  receivers.set(dataSource, receiver);
  const builder = dataSource.createQueryBuilder();
  for (const one of [builder.insert(), builder.update(), builder.delete(), builder.softDelete()])
    patch(Object.getPrototypeOf(one));
}

export function stopReceivingCriteria(dataSource: DataSource, receiver: CriteriaReceiver): void {
  if (receivers.get(dataSource) === receiver) receivers.delete(dataSource);
}

function patch(prototype: WriteBuilder): void {
  if (patched.has(prototype)) return;
  patched.add(prototype);
  const { execute } = prototype;
  prototype.execute = function (this: WriteBuilder): Promise<unknown> {
    const receiver = receivers.get(this.dataSource ?? this.connection);
    const { mainAlias } = this.expressionMap;
    if (receiver && mainAlias?.hasMetadata && !isPersisting(this.queryRunner))
      receiver.unasked(mainAlias.metadata, operationOf(this));
    return execute.call(this);
  };
}

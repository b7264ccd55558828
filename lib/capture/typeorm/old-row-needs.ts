import type { DataSource, EntityMetadata, EntitySubscriberInterface } from 'typeorm';
import { isUpdated } from '../change';
import { loadsText } from '../entity/encode';
import type { HookedEntity } from '../entity/hooked-entity';
import type { TableCatalog } from '../entity/table-facts';
import type { WriteReport } from './write-report';

/** Decides for which hooks the entity that TypeORM loaded is not enough, so that the old row is read before the write. */
export class OldRowNeeds {
  constructor(
    private readonly dataSource: DataSource,
    private readonly catalog: TableCatalog,
  ) {}

  /** Whether an update may have changed a column that the hook needs. */
  isConcerned({ metadata, columns }: HookedEntity, report: WriteReport): boolean {
    if (this.catalog.get(metadata)?.changesUpdates) return true;
    return columns.some((field) => isUpdated(field, report));
  }

  ofUpdate({ readsPrevious, metadata, columns }: HookedEntity): boolean {
    if (readsPrevious || this.catalog.get(metadata)?.changesUpdates) return true;
    if (isAlteredOnLoad(this.dataSource, metadata)) return true;
    return columns.some(({ column }) => column && !loadsText(this.dataSource, column));
  }

  ofMark(hooked: HookedEntity, report: WriteReport): boolean {
    return !loadsMark(report) || this.ofUpdate(hooked);
  }
}

/** Whether the loaded entity says if the row is marked as removed. TypeORM loads no orphans, and no `select: false` columns. */
export function loadsMark({ metadata, databaseEntity }: WriteReport): boolean {
  return databaseEntity !== undefined && metadata.deleteDateColumn?.isSelect === true;
}

/** Whether code of the application runs when TypeORM loads the entity, and may change what was loaded. */
function isAlteredOnLoad({ subscribers }: DataSource, metadata: EntityMetadata): boolean {
  if (metadata.afterLoadListeners.length > 0) return true;
  return subscribers.some(
    (subscriber) => subscriber.afterLoad && listensTo(subscriber, metadata.target),
  );
}

/** As TypeORM decides it. */
function listensTo(
  subscriber: EntitySubscriberInterface,
  target: EntityMetadata['target'],
): boolean {
  const listened = subscriber.listenTo?.();
  if (!listened || listened === Object || listened === target) return true;
  return typeof listened === 'function' && Object.prototype.isPrototypeOf.call(listened, target);
}

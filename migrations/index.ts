import { CreateModelHookTables1764000000000 } from './1764000000000-create-model-hook-tables';
import { AddMatchingKeys1764600000000 } from './1764600000000-add-matching-keys';
import { AddTrust1765200000000 } from './1765200000000-add-trust';
import { AddRawPrevious1765800000000 } from './1765800000000-add-raw-previous';
import { AddHeads1765900000000 } from './1765900000000-add-heads';
import { AddAttemptDetail1766000000000 } from './1766000000000-add-attempt-detail';
import { AddEventFields1766100000000 } from './1766100000000-add-event-fields';
import { AddEventSource1766200000000 } from './1766200000000-add-event-source';
import { AddSchedules1766300000000 } from './1766300000000-add-schedules';
import { AddTasks1766400000000 } from './1766400000000-add-tasks';
import { AddBuffers1766500000000 } from './1766500000000-add-buffers';
import { AddBatch1766600000000 } from './1766600000000-add-batch';
import { AddContext1766700000000 } from './1766700000000-add-context';
import { AddSignatureKind1766800000000 } from './1766800000000-add-signature-kind';
import { AddSelection1766900000000 } from './1766900000000-add-selection';
import { AddCoalescing1766900000001 } from './1766900000001-add-coalescing';

/**
 * The migrations that create our tables; add them to the `migrations` of the DataSource.
 *
 * @example
 * new DataSource({ type: 'postgres', entities: [Person, ...modelHookEntities], migrations: [...modelHookMigrations] });
 */
export const modelHookMigrations = [
  CreateModelHookTables1764000000000,
  AddMatchingKeys1764600000000,
  AddTrust1765200000000,
  AddRawPrevious1765800000000,
  AddHeads1765900000000,
  AddAttemptDetail1766000000000,
  AddEventFields1766100000000,
  AddEventSource1766200000000,
  AddSchedules1766300000000,
  AddTasks1766400000000,
  AddBuffers1766500000000,
  AddBatch1766600000000,
  AddContext1766700000000,
  AddSignatureKind1766800000000,
  AddSelection1766900000000,
  AddCoalescing1766900000001,
];

export {
  AddAttemptDetail1766000000000,
  AddBatch1766600000000,
  AddBuffers1766500000000,
  AddCoalescing1766900000001,
  AddContext1766700000000,
  AddEventFields1766100000000,
  AddEventSource1766200000000,
  AddHeads1765900000000,
  AddMatchingKeys1764600000000,
  AddRawPrevious1765800000000,
  AddSchedules1766300000000,
  AddSelection1766900000000,
  AddSignatureKind1766800000000,
  AddTasks1766400000000,
  AddTrust1765200000000,
  CreateModelHookTables1764000000000,
};

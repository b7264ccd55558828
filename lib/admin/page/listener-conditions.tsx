import type { FC } from 'hono/jsx';
import type { AttachedHook, HookField } from '../../attach/attached-hook';
import { choicesFor } from './condition-rows';
import { type FormValues, textIn } from './form-values';
import type { Shell } from './layout';

interface ConditionsProps {
  readonly shell: Shell;
  readonly hook: AttachedHook;
  readonly values: FormValues;
}

/** A row for each field that a hook provides. */
export const Conditions: FC<ConditionsProps> = ({ shell, hook, values }) => {
  const { t } = shell;
  return (
    <fieldset>
      <legend>{t.conditions}</legend>
      <p class="muted">{`${t.conditionsHelp} ${t.listHelp}`}</p>
      {hook.fields.map((field) => (
        <ConditionRow shell={shell} field={field} values={values} />
      ))}
      <label class="wide">
        {t.furtherConditions}
        <textarea name="match" rows={3}>
          {textIn(values, 'match')}
        </textarea>
      </label>
    </fieldset>
  );
};

interface ConditionRowProps extends Pick<ConditionsProps, 'shell' | 'values'> {
  readonly field: HookField;
}

const ConditionRow: FC<ConditionRowProps> = ({ shell: { t }, field, values }) => {
  const { path, kind, members } = field;
  const chosen = textIn(values, `operator:${path}`);
  const list = members ? `members:${path}` : undefined;
  return (
    <fieldset class="row">
      <legend>{`${path} (${kind})`}</legend>
      <label>
        {t.operator}
        <select name={`operator:${path}`}>
          <option value="">{t.anyValue}</option>
          {choicesFor(field).map((choice) => (
            <option value={choice} selected={choice === chosen}>
              {choice}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t.value}
        <input
          name={`value:${path}`}
          value={textIn(values, `value:${path}`)}
          autocomplete="off"
          list={list}
        />
      </label>
      {members && (
        <datalist id={list}>
          {members.map((member) => (
            <option value={member} />
          ))}
        </datalist>
      )}
    </fieldset>
  );
};

import type { FC } from 'hono/jsx';
import type { AttachedHook } from '../../attach/attached-hook';
import { BODY_FORMATS } from '../../options/body-format';
import { CONTENT_TYPES, DIGESTS, SIGNATURE_KINDS } from '../../options/listener';
import { type FormValues, textIn, textsIn } from './form-values';
import { Layout, Note, type Shell } from './layout';
import { Conditions } from './listener-conditions';
import { Preview, type Previewed } from './preview';

export interface ListenerFormProps {
  readonly shell: Shell;
  /** Undefined for a listener by event names. */
  readonly hook: AttachedHook | undefined;
  readonly values: FormValues;
  /** The stored listener; null for a new one. */
  readonly stored: { readonly id: string; readonly etag: string } | null;
  readonly wrong?: readonly string[];
  readonly previewed?: Previewed | null;
}

/** Creates or changes a listener. Its preview is refreshed by its button, or by the script. */
export const ListenerForm: FC<ListenerFormProps> = (props) => {
  const { shell, hook, values, stored, wrong = [], previewed = null } = props;
  const { t, options } = shell;
  const base = options.basePath;
  const preview = `${base}/listeners/preview`;
  return (
    <Layout shell={shell} title={stored ? t.editListener : t.newListener} at="listeners">
      {wrong.length > 0 && (
        <Note isWrong>
          <strong>{t.errorTitle}</strong>
          <ul>
            {wrong.map((one) => (
              <li>{one}</li>
            ))}
          </ul>
        </Note>
      )}
      <form
        method="post"
        action={stored ? `${base}/listeners/${stored.id}` : `${base}/listeners`}
        {...(hook ? { 'data-preview': preview } : {})}
      >
        <input type="hidden" name="hook" value={hook?.name ?? ''} />
        {stored && <input type="hidden" name="etag" value={stored.etag} />}
        {stored && <input type="hidden" name="id" value={stored.id} />}
        <Target shell={shell} hook={hook} values={values} isStored={stored !== null} />
        {hook && <Operations shell={shell} hook={hook} values={values} />}
        {hook && <Conditions shell={shell} hook={hook} values={values} />}
        <MoreOptions shell={shell} values={values} />
        <p class="row">
          <button class="main" type="submit">
            {stored ? t.save : t.create}
          </button>
          {hook && (
            <button type="submit" formaction={preview}>
              {t.preview}
            </button>
          )}
          <a class="button" href={stored ? `${base}/listeners/${stored.id}` : `${base}/listeners`}>
            {t.cancel}
          </a>
        </p>
      </form>
      <div id="preview" aria-live="polite">
        {previewed && <Preview t={t} previewed={previewed} />}
      </div>
    </Layout>
  );
};

interface PartProps {
  readonly shell: Shell;
  readonly values: FormValues;
}

interface HookPartProps extends PartProps {
  readonly hook: AttachedHook;
}

const Target: FC<PartProps & Pick<ListenerFormProps, 'hook'> & { readonly isStored: boolean }> = ({
  shell: { t },
  hook,
  values,
  isStored,
}) => (
  <fieldset>
    <legend>{hook ? hook.title : t.pattern}</legend>
    {!hook && (
      <label class="wide">
        {t.pattern}
        <input name="pattern" value={textIn(values, 'pattern')} required readonly={isStored} />
      </label>
    )}
    <label class="wide">
      {t.address}
      <input
        name="url"
        value={textIn(values, 'url')}
        required
        placeholder="https://example.com/hooks"
        aria-describedby="url-help"
        autocomplete="off"
      />
    </label>
    <p class="muted" id="url-help">
      {t.addressHelp}
    </p>
  </fieldset>
);

const Operations: FC<HookPartProps> = ({ shell: { t }, hook, values }) => {
  if (hook.operations.length < 2) return null;
  const chosen = textsIn(values, 'operations');
  return (
    <fieldset>
      <legend>{t.operations}</legend>
      {hook.operations.map((operation) => (
        <label class="check">
          <input
            type="checkbox"
            name="operations"
            value={operation}
            checked={chosen.includes(operation)}
          />
          {operation}
        </label>
      ))}
      <p class="muted">{t.allOperations}</p>
    </fieldset>
  );
};

const MoreOptions: FC<PartProps> = ({ shell: { t, desk }, values }) => (
  <details>
    <summary>{t.moreOptions}</summary>
    <fieldset class="row">
      <legend>{t.moreOptions}</legend>
      <Select
        label={t.format}
        name="format"
        values={values}
        all={BODY_FORMATS}
        none={t.formatDefault}
      />
      <Select label={t.contentType} name="contentType" values={values} all={CONTENT_TYPES} />
      <Select label={t.digest} name="digest" values={values} all={DIGESTS} fallback="sha256" />
      <Select
        label={t.signature}
        name="signature"
        values={values}
        all={SIGNATURE_KINDS}
        fallback="v1"
      />
      {desk?.isOperator && <Text label={t.owner} name="owner" values={values} />}
      <Text label={t.key} name="key" values={values} />
      <Text label={t.maxPerSecond} name="maxPerSecond" values={values} />
      <Text label={t.selectHelp} name="select" values={values} />
      <label class="check">
        <input type="checkbox" name="ordered" checked={textIn(values, 'ordered') === 'on'} />
        {t.ordered}
      </label>
      <label class="wide">
        {t.headers}
        <textarea name="headers" rows={3} aria-describedby="headers-help">
          {textIn(values, 'headers')}
        </textarea>
      </label>
      <p class="muted" id="headers-help">
        {t.headersHelp}
      </p>
    </fieldset>
  </details>
);

interface InputProps {
  readonly label: string;
  readonly name: string;
  readonly values: FormValues;
}

const Text: FC<InputProps> = ({ label, name, values }) => (
  <label>
    {label}
    <input name={name} value={textIn(values, name)} autocomplete="off" />
  </label>
);

interface SelectProps extends InputProps {
  readonly all: readonly string[];
  /** Names the choice of none. */
  readonly none?: string;
  readonly fallback?: string;
}

const Select: FC<SelectProps> = ({ label, name, values, all, none, fallback = '' }) => {
  const chosen = textIn(values, name) || fallback;
  return (
    <label>
      {label}
      <select name={name}>
        {none !== undefined && <option value="">{none}</option>}
        {all.map((one) => (
          <option value={one} selected={one === chosen}>
            {one}
          </option>
        ))}
      </select>
    </label>
  );
};

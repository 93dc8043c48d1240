import { call } from '../../api/client.ts';
import { SelectField } from '../../ui/field.tsx';
import { Skeleton } from '../../ui/states.tsx';
import { useLoaded } from '../../ui/use-loaded.ts';
import type { FieldsProps } from './fields-props.ts';
import css from './start.module.css';

/** Which model is to do it; those that cannot be used say why. */
export function ModelField({ draft, change }: FieldsProps) {
  const { value: models, failure } = useLoaded(async (signal) => (await call('GET /api/models', {}, { signal })).models);
  if (models === undefined && failure === null) return <Skeleton height="3.66rem" label="Loading the models" />;
  const unusable = (models ?? []).filter(({ usable }) => !usable);
  return (
    <div>
      <SelectField
        label="Model" value={draft.model} onValue={(model) => change({ model })} error={failure === null ? null : `The models could not be fetched: ${failure.message}`}
        options={[{ value: '', words: 'the usual one' }, ...(models ?? []).map(({ name, provider, usable }) => ({ value: name, words: usable ? `${name} (${provider})` : `${name}: not usable`, disabled: !usable }))]}
      />
      {unusable.length > 0 && (
        <details class={css.more}>
          <summary>{unusable.length === 1 ? '1 model cannot be used' : `${unusable.length} models cannot be used`}</summary>
          <ul>{unusable.map(({ name, reason }) => <li key={name}><strong>{name}</strong>: {reason}</li>)}</ul>
        </details>
      )}
    </div>
  );
}

import type { AnswerOf } from '../../../api/contract.ts';
import { call } from '../../api/client.ts';
import { SelectField } from '../../ui/field.tsx';
import { useLoaded } from '../../ui/use-loaded.ts';
import { withTemplate } from './draft.ts';
import type { FieldsProps } from './fields-props.ts';

type Template = AnswerOf<'GET /api/templates'>['templates'][number];

/** Which kind of desktop it is to be. */
export function TemplateField({ draft, problems, change }: FieldsProps) {
  const { value } = useLoaded(async (signal) => (await call('GET /api/templates', {}, { signal })).templates);
  const templates = (value ?? []).filter(({ name }) => name !== 'default');
  const chosen = templates.find(({ name }) => name === draft.template);
  return (
    <SelectField
      label="Kind of desktop" value={draft.template} onValue={(name) => change(withTemplate(name))} error={problems.template ?? null} hint={chosen?.description}
      options={[{ value: '', words: 'the usual one' }, ...templates.map((template) => ({ value: template.name, words: wordsOf(template) }))]}
    />
  );
}

function wordsOf({ name, network, rules, seccomp }: Template): string {
  const said = [...(network === undefined ? [] : [`network: ${network.mode}`]), ...(rules.length === 0 ? [] : [rules.length === 1 ? '1 rule' : `${rules.length} rules`]), ...(seccomp === undefined ? [] : [`seccomp ${seccomp}`])];
  return said.length === 0 ? name : `${name} (${said.join(', ')})`;
}

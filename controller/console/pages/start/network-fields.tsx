import { may } from '../../state/me.ts';
import { TextArea } from '../../ui/field.tsx';
import type { Draft } from './draft.ts';
import type { FieldsProps } from './fields-props.ts';
import { hostsOf } from './hosts.ts';
import css from './start.module.css';

const ofTemplate = { mode: 'template', words: 'As this kind of desktop has it', more: 'its template says what it may reach' } as const;
const modes: readonly { readonly mode: Draft['network']; readonly words: string; readonly more: string }[] = [
  { mode: 'none', words: 'Nothing', more: 'the desktop has no way out' },
  { mode: 'allow', words: 'These hosts', more: 'and no others' },
  { mode: 'ask', words: 'Ask a person', more: 'at the first contact with each host that is not listed' },
  { mode: 'open', words: 'Every public address', more: 'what the agent reads can tell it to send what it knows anywhere: only for tasks without anything to lose' },
];

/** What the desktop may reach. */
export function NetworkFields({ draft: { network, hosts, template }, problems, change }: FieldsProps) {
  if (!may('network:write')) return <p class={css.quiet}>{template === '' ? 'The desktop has no way out' : 'The desktop has the way out of its kind, if that has one'}: this token may not give another (<code>network:write</code>).</p>;
  const listed = network === 'allow' || network === 'ask';
  const read = hostsOf(hosts);
  const typed = 'problem' in read ? read.problem : null;
  return (
    <>
      <fieldset class={css.choices}>
        <legend class="unseen">What the desktop may reach</legend>
        {(template === '' ? modes : [ofTemplate, ...modes]).map(({ mode, words, more }) => (
          <label key={mode} class={css.choice} data-chosen={network === mode || undefined} data-risky={mode === 'open' || undefined}>
            <input type="radio" name="network" value={mode} checked={network === mode} onChange={() => change({ network: mode })} />
            <span><strong>{words}</strong> <span class={css.quiet}>{more}</span></span>
          </label>
        ))}
      </fieldset>
      {listed && <TextArea label="Hosts" rows={3} value={hosts} onValue={(text) => change({ hosts: text })} error={problems.hosts ?? typed} placeholder={'example.com\n*.example.org:443,8443'} hint={'problem' in read ? null : `${read.rules.length === 1 ? '1 rule' : `${read.rules.length} rules`}; one a line, port 443 unless named`} />}
    </>
  );
}

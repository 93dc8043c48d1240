import { SelectField, TextField } from '../../ui/field.tsx';
import type { FieldsProps } from './fields-props.ts';
import css from './start.module.css';

const sizes = ['1024x768', '1280x800', '1440x900', '1920x1080'];

/** How large the desktop's screen is. */
export function ScreenFields({ draft: { width, height, template }, problems, change }: FieldsProps) {
  const size = `${width}x${height}`;
  const left = { value: 'x', words: template === '' ? 'the usual size' : 'as this kind has it' };
  return (
    <div class={css.row}>
      <SelectField
        label="Screen" value={sizes.includes(size) || size === left.value ? size : 'own'}
        onValue={(chosen) => { const [w = '', h = ''] = chosen.split('x'); if (chosen !== 'own') change({ width: w, height: h }); }}
        options={[left, ...sizes.map((value) => ({ value, words: value.replace('x', ' × ') })), { value: 'own', words: 'another size' }]}
      />
      <TextField label="Width" type="number" min={320} max={4096} value={width} onValue={(value) => change({ width: value })} error={problems.width ?? null} />
      <TextField label="Height" type="number" min={320} max={4096} value={height} onValue={(value) => change({ height: value })} error={problems.height ?? null} />
    </div>
  );
}

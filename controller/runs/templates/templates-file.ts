import { z } from 'zod';
import { VitrineError } from '../../errors.ts';
import { readJsonFile } from '../../json-file.ts';
import { builtIn, Template, TemplateName } from './template.ts';

const maxTemplates = 100;

const TemplatesFile = z.strictObject({ templates: z.record(z.string(), Template) }).superRefine(({ templates }, context) => {
  const names = Object.keys(templates);
  if (names.length > maxTemplates) context.addIssue({ code: 'custom', path: ['templates'], message: `${names.length} templates; the limit is ${maxTemplates}` });
  for (const name of names) {
    const problem = TemplateName.safeParse(name).error?.issues[0]?.message;
    if (problem !== undefined) context.addIssue({ code: 'custom', path: ['templates', name], message: `the name ${problem}` });
  }
  for (const name of names.filter((each) => Object.hasOwn(builtIn, each))) context.addIssue({ code: 'custom', path: ['templates', name], message: 'is there in every deployment: choose another name' });
});

/** Reads the templates of a deployment: `{"templates": {"name": {…}}}`. Throws VitrineError `invalid_request` naming the file, the template and the field. */
export function readTemplatesFile(path: string): Readonly<Record<string, Template>> {
  const read = TemplatesFile.safeParse(readJsonFile(path, 'VITRINE_TEMPLATES_FILE'));
  if (read.success) return read.data.templates;
  const issues = read.error.issues.slice(0, 5).map(({ path: [list, name, ...field], message }) => `${list === 'templates' && name !== undefined ? `template ${String(name)}` : 'the file'}${field.length === 0 ? '' : `: ${field.map(String).join('.')}`}: ${message}`);
  throw new VitrineError('invalid_request', `${path}: ${issues.join('; ')}`);
}

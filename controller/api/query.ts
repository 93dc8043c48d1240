import { z } from 'zod';

/** A whole number written in a URL. */
export function urlInteger(min: number, max: number) {
  return z.string().regex(/^\d{1,16}$/, { error: `must be a whole number from ${min} to ${max}` }).transform(Number).pipe(z.int().min(min).max(max));
}

/** A decimal number written in a URL. */
export function urlNumber(min: number, max: number) {
  return z.string().regex(/^\d{1,9}(\.\d{1,9})?$/, { error: `must be a number from ${min} to ${max}` }).transform(Number).pipe(z.number().min(min).max(max));
}

/** `true` or `false` written in a URL. */
export function urlBoolean() {
  return z.stringbool({ truthy: ['true'], falsy: ['false'], case: 'sensitive', error: 'must be true or false' });
}

/** Words separated by commas in a URL, each of the given schema. */
export function urlList<Item extends z.ZodType<unknown, string>>(item: Item, max: number) {
  return z.string().transform((text) => text.split(',')).pipe(z.array(item as z.ZodType<z.output<Item>, string>).min(1).max(max));
}

/** Four whole numbers x,y,width,height written in a URL. */
export function urlRegion<Region extends z.ZodType<unknown, { x: number; y: number; width: number; height: number }>>(region: Region) {
  return z.string().regex(/^\d{1,5}(,\d{1,5}){3}$/, { error: 'must be x,y,width,height in screen pixels' }).transform((text) => {
    const [x = 0, y = 0, width = 0, height = 0] = text.split(',').map(Number);
    return { x, y, width, height };
  }).pipe(region as z.ZodType<z.output<Region>, { x: number; y: number; width: number; height: number }>);
}

import type { TokenBook } from '../../access/token-book.ts';
import type { Handlers, RoutesUnder } from '../handler.ts';
import { json } from '../reply.ts';

/** Who may ask what. */
export function tokensRoutes(tokens: TokenBook): Handlers<RoutesUnder<'/api/tokens'>> {
  return {
    async 'GET /api/tokens'() {
      return json({ tokens: [...tokens.list()] });
    },
    async 'POST /api/tokens'({ body }, { principal }) {
      return json(tokens.create(body, principal.name));
    },
    async 'DELETE /api/tokens/{id}'({ params }, { principal }) {
      return json(tokens.revoke(params.id, principal.name));
    },
  };
}

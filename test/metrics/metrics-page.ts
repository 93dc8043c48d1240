import { Registry, collectDefaultMetrics } from 'prom-client';
import { z } from 'zod';
import { createMeters } from '../../controller/metrics/meters.ts';

const Described = z.looseObject({ name: z.string(), help: z.string(), type: z.string(), labelNames: z.array(z.string()) });

function described(registry: Registry): z.infer<typeof Described>[] {
  return z.array(Described).parse(registry.getMetricsAsArray());
}

/** docs/metrics.md. */
export function metricsPage(): string {
  const own = new Registry();
  createMeters(own);
  const ofProcess = new Registry();
  collectDefaultMetrics({ register: ofProcess });
  const rows = described(own).map(({ name, type, labelNames, help }) => `| \`${name}\` | ${type} | ${labelNames.map((label) => `\`${label}\``).join(', ')} | ${help} |`);
  return `# Metrics

\`GET /metrics\` tells the installation in numbers, in the text format of Prometheus. It wants a token with the scope \`metrics:read\`, which every role
has. The numbers are those of all projects together; no task, no host, no page, no name of a token or a run is in them: labels have values from
lists that are known beforehand (states, kinds, routes, names of configured models), so their number does not grow with use.

Prometheus sends the token from a file that holds nothing else (a viewer's: \`vitrine token create prometheus --role viewer\`):

\`\`\`yaml
scrape_configs:
  - job_name: vitrine
    authorization: { type: Bearer, credentials_file: /etc/prometheus/vitrine.token }
    static_configs: [{ targets: ["127.0.0.1:8080"] }]
\`\`\`

The name under which Prometheus reaches Vitrine has to be one that it knows itself by (\`VITRINE_ALLOWED_HOSTS\`). Counters and histograms begin at 0 with the process, as
Prometheus expects; gauges are read from the journal, the desktops and the disk when asked. Where to look first: \`vitrine_approvals_pending\` and
\`vitrine_queue_oldest_seconds\` (people or places are missing), \`vitrine_runs_ended_total{state="failed"}\`, \`vitrine_disk_free_bytes\`,
\`vitrine_gate_decisions_total{outcome="refused"}\`, and \`nodejs_eventloop_lag_p99_seconds\`, which is below 0.1 while the controller keeps up.

| metric | type | labels | meaning |
|---|---|---|---|
${rows.join('\n')}

A histogram has \`_bucket\`, \`_sum\` and \`_count\`. Of the process itself: ${described(ofProcess).map(({ name }) => `\`${name}\``).join(', ')}.

Written by \`npm run docs:metrics\` from the registry.
`;
}

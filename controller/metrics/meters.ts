import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';

const counter = <Label extends string = never>(registry: Registry, name: string, help: string, labelNames: readonly Label[] = []) => new Counter<Label>({ name, help, labelNames: [...labelNames], registers: [registry] });
const gauge = <Label extends string = never>(registry: Registry, name: string, help: string, labelNames: readonly Label[] = []) => new Gauge<Label>({ name, help, labelNames: [...labelNames], registers: [registry] });
const histogram = <Label extends string = never>(registry: Registry, name: string, help: string, buckets: readonly number[], labelNames: readonly Label[] = []) =>
  new Histogram<Label>({ name, help, buckets: [...buckets], labelNames: [...labelNames], registers: [registry] });

const quick = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
const interactive = [0.01, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 1, 2, 5, 10, 30];
const asking = [0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320];
const launching = [0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 20, 40, 60];
const waiting = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400];

/**
 * Every metric there is, with its labels. Values of labels come from lists that are known beforehand (states, kinds, names
 * of configured models), never from a task, a host or a page. Counters count from the start of the process; gauges are read when asked.
 */
export function createMeters(registry: Registry) {
  return {
    runs: gauge(registry, 'vitrine_runs', 'Runs that are not over, by state; queued is the length of the queue.', ['state']),
    queueOldestSeconds: gauge(registry, 'vitrine_queue_oldest_seconds', 'Age of the run that has waited longest for a desktop; 0 while none waits.'),
    runsCreated: counter(registry, 'vitrine_runs_created_total', 'Runs that were given, by driver.', ['driver']),
    runsEnded: counter(registry, 'vitrine_runs_ended_total', 'Runs that ended, by state; failure is the code of those that failed.', ['state', 'failure']),
    runActiveSeconds: histogram(registry, 'vitrine_run_active_seconds', 'Time in which runs worked, waiting for people aside, by state at the end.', waiting, ['state']),
    queueWaitSeconds: histogram(registry, 'vitrine_queue_wait_seconds', 'Time from a run\'s creation until its desktop was prepared.', waiting),

    desktops: gauge(registry, 'vitrine_desktops', 'Desktops, by state.', ['state']),
    desktopPlaces: gauge(registry, 'vitrine_desktop_places', 'Desktops that there may be at a time.'),
    desktopLaunchSeconds: histogram(registry, 'vitrine_desktop_launch_seconds', 'Time in which desktops of runs became ready.', launching),
    desktopStageSeconds: histogram(registry, 'vitrine_desktop_stage_seconds', 'Time of each stage of a launch.', launching, ['stage']),
    desktopsEnded: counter(registry, 'vitrine_desktops_ended_total', 'Desktops that ended under a run, by how.', ['kind']),

    actions: counter(registry, 'vitrine_actions_total', 'Actions on desktops, by type and outcome.', ['type', 'outcome']),
    actionSeconds: histogram(registry, 'vitrine_action_seconds', 'Time of an action from its sending to its settled frame, by type.', interactive, ['type']),
    actionPhaseSeconds: histogram(registry, 'vitrine_action_phase_seconds', 'Where the time of actions went: queue, input, settle, capture, relay.', interactive, ['phase']),
    toolCalls: counter(registry, 'vitrine_tool_calls_total', 'Calls of the shell and the file editor, by tool and outcome.', ['tool', 'outcome']),
    toolSeconds: histogram(registry, 'vitrine_tool_seconds', 'Time of a call of a tool.', interactive, ['tool']),

    modelRequests: counter(registry, 'vitrine_model_requests_total', 'Turns that models were asked for, by model and outcome: answered, failed, or lost with a controller.', ['model', 'outcome']),
    modelSeconds: histogram(registry, 'vitrine_model_request_seconds', 'Time until a model answered, its retries included.', asking, ['model']),
    modelTokens: counter(registry, 'vitrine_model_tokens_total', 'Tokens, by model and kind; cached input is part of input, reasoning part of output.', ['model', 'kind']),
    modelCost: counter(registry, 'vitrine_model_cost_usd_total', 'US dollars by the configured prices.', ['model']),

    approvalsPending: gauge(registry, 'vitrine_approvals_pending', 'Questions that wait for a person, by kind.', ['kind']),
    approvalsOpened: counter(registry, 'vitrine_approvals_opened_total', 'Questions to people, by kind.', ['kind']),
    approvalsEnded: counter(registry, 'vitrine_approvals_decided_total', 'Questions that were answered or lapsed, by kind and decision.', ['kind', 'decision']),
    approvalWaitSeconds: histogram(registry, 'vitrine_approval_wait_seconds', 'Time from a question to its answer.', waiting, ['kind']),
    ruleMatches: counter(registry, 'vitrine_policy_matches_total', 'Turns in which a rule asked or refused, by verdict.', ['verdict']),
    controlChanges: counter(registry, 'vitrine_control_changes_total', 'Changes of who is in control, by who has it then.', ['control']),

    gateDecisions: counter(registry, 'vitrine_gate_decisions_total', 'Requests at the gates of desktops, by outcome (allowed, refused, cut) and reason; browser are the built-in refusals of what browsers contact by themselves.', ['outcome', 'reason']),
    gateBytes: counter(registry, 'vitrine_gate_bytes_total', 'Bytes through gates, counted when a connection ends; up leaves the desktop.', ['direction']),

    httpRequests: counter(registry, 'vitrine_http_requests_total', 'Requests, by route and status.', ['route', 'status']),
    httpSeconds: histogram(registry, 'vitrine_http_request_seconds', 'Time of requests, event streams aside.', interactive, ['route']),
    eventStreams: gauge(registry, 'vitrine_event_streams_open', 'Event streams that are open, those of the gateway included.'),
    viewers: gauge(registry, 'vitrine_viewers_open', 'Connections of live views that are open.'),

    commitSeconds: histogram(registry, 'vitrine_journal_commit_seconds', 'Time of a commit to the journal, to the disk and back.', quick),
    commitFailures: counter(registry, 'vitrine_journal_commit_failures_total', 'Commits that failed: the disk, the database, or a version that had moved on.'),
    events: counter(registry, 'vitrine_journal_events_total', 'Events that were written.'),
    uncounted: counter(registry, 'vitrine_metrics_uncounted_total', 'Events that could not be counted above; 0 unless something is wrong.'),
    dataBytes: gauge(registry, 'vitrine_data_bytes', 'Bytes in the data folder, by kind; pictures and artefacts as of the last sweep.', ['kind']),
    diskFreeBytes: gauge(registry, 'vitrine_disk_free_bytes', 'Free bytes of the disk that the data folder lies on.'),
    diskTotalBytes: gauge(registry, 'vitrine_disk_total_bytes', 'Size of that disk.'),
  };
}

export type Meters = ReturnType<typeof createMeters>;

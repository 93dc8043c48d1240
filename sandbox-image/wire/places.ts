/** Where things are inside the container: sockets, folders, users. The image, the session and the controller agree on these. */
export const places = {
  shimSocket: '/run/vitrine/warden/shim.sock',
  handsSocket: '/run/vitrine/agent/hands.sock',
  /** RFB servers of the live view, while somebody watches or is in control. */
  viewSocket: '/run/vitrine/warden/view.sock',
  controlSocket: '/run/vitrine/warden/control.sock',
  wardenFolder: '/run/vitrine/warden',
  agentFolder: '/run/vitrine/agent',
  framebufferFolder: '/run/vitrine/warden/fb',
  home: '/home/agent',
  /** What lies here when a desktop is released is kept as artefacts of its run. */
  outbox: '/home/agent/Outbox',
  session: '/opt/vitrine/session/session',
  forwarder: '/opt/vitrine/forwarder/main.ts',
} as const;

/** The three users of a desktop. */
export const users = {
  warden: 10002,
  agent: 10001,
  forwarder: 10003,
} as const;

/** Port of a desktop's proxy on its loopback, where a gate is. Environment and browser policies of the session name it too. */
export const forwarderPort = 3128;

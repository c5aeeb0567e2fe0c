/** Codes with which WebSockets end (RFC 6455 §7.4.1). */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  /** Stands for a close frame without a code. */
  noCode: 1005,
  /** Stands for a connection that ended without a close frame. */
  noFrame: 1006,
  policyViolation: 1008,
  tryAgainLater: 1013,
  /**
   * A newer link of the same registrant has come: the registrant has nothing to do. In the range for applications (§7.4.2), after HTTP's
   * 409 Conflict.
   */
  replaced: 4409,
} as const

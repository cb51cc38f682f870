/** WebSocket close codes (RFC 6455, section 7.4.1) that the gateway sends. 1007 and 1009 come from the parser. */
export const CLOSE = {
  goingAway: 1001,
  unsupportedData: 1003,
  policyViolation: 1008,
} as const;

/** The names of the gRPC statuses, by number (the gRPC core specification's status codes). */
const GRPC_STATUSES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const

export type GrpcStatus = (typeof GRPC_STATUSES)[number]

/** Reads a `grpc-status`; `none` where there is none, `invalid` where it is no number from 0 to 16. */
export function readGrpcStatus(header: string | undefined): GrpcStatus | 'none' | 'invalid' {
  if (header === undefined) return 'none'
  return (/^\d{1,3}$/.test(header) ? GRPC_STATUSES[Number(header)] : undefined) ?? 'invalid'
}

import { describe, expect, it } from 'vitest'
import { type Failure, failureOfResponse } from '../../../../src/sidecar/registration/failure.ts'

type Headers = Readonly<Record<string, string>>
const json = { 'content-type': 'application/json' }
const text = { 'content-type': 'text/plain; charset=utf-8' }
const html = { 'content-type': 'text/html' }
const PAGE = '<html><head><title>403 Forbidden</title></head></html>'
const SORRY = 'this token is not on the list of this registry\n'
const challenge = { 'www-authenticate': 'Token' }

describe.each([401, 403])('HTTP %i', (status) => {
  const words = status === 401 ? 'Unauthorized' : 'Forbidden'
  const answer = (headers: Headers, body: string): Failure => failureOfResponse({ status, headers, body }, 0)

  it.each<[string, Headers, string]>([
    ['nothing but the status', {}, ''],
    ['text', text, SORRY],
    ['JSON', json, '{}'],
    ['the server that a registry may be written in', { ...json, server: 'uvicorn' }, '{}'],
    // What the public registry's library sends, whatever stands before it.
    ['a bare status that calls itself HTML', html, words],
    ['the same with a reason', { ...html, server: 'cloudflare', via: '1.1 x' }, `${words}: no token`],
    ['a challenge through nginx', { ...text, ...challenge, server: 'nginx/1.22.1' }, SORRY],
    ['a challenge through a cache', { ...text, ...challenge, 'x-cache': 'MISS' }, SORRY],
  ])('is the refusal of the registry itself: %s', (_what, headers, body) => {
    expect(answer(headers, body)).toMatchObject({
      kind: 'refused',
      shared: false,
      code: 'REGISTRY_TOKEN_REFUSED',
      reason: `the registry refused the token (HTTP ${status})`,
    })
  })

  it.each<[string, Headers, string]>([
    ['a page', html, PAGE],
    ['a page that does not say so', {}, `\r\n${PAGE}`],
    ['a page that calls itself text', text, '<!DOCTYPE html>'],
    ['XML of an object store', { 'content-type': 'application/xml' }, '<?xml version="1.0"?><Error/>'],
    ['a page that is compressed', { ...html, 'content-encoding': 'gzip' }, '\x1f\x8b'],
    ['a page that did not come', html, ''],
  ])('is an outage, and refuses no token: %s', (_what, headers, body) => {
    expect(answer(headers, body)).toMatchObject({
      kind: 'away',
      shared: true,
      code: 'REGISTRY_FOREIGN_ANSWER',
      reason: `something that is no registry answered HTTP ${status} with a page`,
    })
  })

  it.each<[string, Headers, string]>([
    ['Server: cloudflare', { ...text, server: 'cloudflare', 'cf-ray': '1' }, 'error code: 1020'],
    ['Server: awselb', { ...text, server: 'awselb/2.0' }, 'denied'],
    ['Server: nginx', { server: 'nginx' }, ''],
    ['Server: envoy', { ...text, server: 'istio-envoy' }, 'RBAC: access denied'],
    ['Server: apache', { server: 'Apache/2.4.1 (Unix)' }, ''],
    ['Server: akamai', { server: 'AkamaiGHost' }, ''],
    ['a header via', { ...text, via: '1.1 proxy (squid)' }, 'no'],
    ['a header x-cache', { ...json, 'x-cache': 'Error from cloudfront' }, '{}'],
    [
      'a header x-amzn-errortype',
      { ...json, 'x-amzn-errortype': 'ForbiddenException' },
      '{"message":"Forbidden"}',
    ],
  ])(
    'of something before the registry is an outage that is named after its sign: %s',
    (sign, headers, body) => {
      expect(answer(headers, body)).toMatchObject({
        kind: 'away',
        shared: true,
        code: 'REGISTRY_FOREIGN_ANSWER',
        reason: `something before the registry answered HTTP ${status} (${sign})`,
      })
    },
  )
})

it('an answer in which a server of another protocol says so is named after that', () => {
  const node = 'Missing ALPN Protocol, expected `h2` to be available.\nIf this is a HTTP request: …'
  const nginx = '<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>'
  const go = 'Client sent an HTTP request to an HTTPS server.\n'
  const apache = "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />"
  const codeOf = (status: number, body: string): string =>
    failureOfResponse({ status, headers: html, body }, 0).code
  expect(codeOf(403, node)).toBe('REGISTRY_SPEAKS_HTTP2')
  expect([nginx, go, apache].map((body) => codeOf(400, body))).toEqual(Array(3).fill('REGISTRY_TLS_WANTED'))
  expect(codeOf(400, 'Bad Request')).toBe('REGISTRY_NO_UPGRADE')
})

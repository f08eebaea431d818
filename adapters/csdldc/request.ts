// What is asked, on the wire: the SOAP 1.1 envelope of each operation, the body of the JSON proxy, and the headers of both.
import { createHash } from 'node:crypto'
import type { ServiceCall } from 'lienthong/adapter'
import type { Settings, SoapOperation } from './settings.js'

/** Text that XML cannot carry; nothing was sent. */
export class Unwritable extends Error {}

type Field = [name: string, value: string | Field[] | undefined]

/** The envelope of one question. Throws {@link Unwritable}. */
export function writeSoap (operation: SoapOperation, request: ServiceCall, settings: Settings): string {
  const prefix = settings.elementForm === 'qualified' ? 'q:' : ''
  const fields = FIELDS[operation](request, settings).map(field => writeField(field, prefix)).join('')
  const element = settings.elements[operation]
  return '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>' +
    `<q:${element} xmlns:q="${escapeXml(settings.namespaces[operation])}">${fields}</q:${element}></soapenv:Body></soapenv:Envelope>`
}

/** In the order of the schemas of the database. */
const FIELDS: Record<SoapOperation, (request: ServiceCall, settings: Settings) => Field[]> = {
  exists: ({ requestId, officer, query }, { codes }) => [
    ['MaYeuCau', requestId], ['MaDichVu', codes.maDichVu], ['MaCanBo', officer.id],
    ['SoDinhDanh', textOf(query, 'soDinhDanh')], ['SoCMND', textOf(query, 'soCMND')], ['HoVaTen', nameOf(query)]
  ],
  lookup: ({ requestId, officer, query }, { codes, account }) => [
    ['MaYeuCau', requestId], ['MaDVC', codes.maDVC], ['MaTichHop', codes.maTichHop], ['MaCanBo', officer.id], ['MaDonVi', officer.unit],
    ['TaiKhoan', account.taiKhoan], ['SoDienThoai', account.soDienThoai],
    ['SoDinhDanh', textOf(query, 'soDinhDanh')], ['SoCMND', textOf(query, 'soCMND')], ['HoVaTen', nameOf(query)], ['NgayThangNamSinh', birthOf(query)]
  ],
  relatives: ({ requestId, officer, query }, { codes }) => [
    ['MaYeuCau', requestId], ['MaDVC', codes.maDVC], ['MaTichHop', codes.maTichHopNhanThan], ['MaDonVi', officer.unit], ['MaCanBo', officer.id],
    ['SoDinhDanh', textOf(query, 'soDinhDanh')], ['SoCMND', textOf(query, 'soCMND')], ['HoVaTen', nameOf(query)], ['NgayThangNamSinh', birthOf(query)]
  ]
}

/** The body of the proxy. */
export function writeProxy ({ requestId, officer, query }: ServiceCall, { codes, proxy }: Settings): string {
  return JSON.stringify({
    MaYeuCau: requestId,
    MaTichHop: codes.maTichHop,
    StaffEmail: proxy.staffEmail === '' ? officer.id : proxy.staffEmail,
    GovAgencyCode: proxy.govAgencyCode === '' ? officer.unit : proxy.govAgencyCode,
    MaDVC: codes.maDVC,
    HoVaTen: nameOf(query),
    ...(proxy.type === '' ? {} : { type: proxy.type }),
    NgayThangNamSinh: textOf(query, 'ngaySinh')?.replaceAll('-', ''),
    SoDinhDanh: textOf(query, 'soDinhDanh') ?? textOf(query, 'soCMND')
  })
}

/** The name as the database has it: composed letters, one space between words, capitals (also of đ and of letters with two marks). */
export function upperName (name: string): string {
  return name.normalize('NFC').trim().replace(/\s+/g, ' ').toLocaleUpperCase('vi').normalize('NFC')
}

/** `timestamp` in epoch ms; it goes along as the header Timestamp. */
export function authorizationOf ({ user, secret, authUrl }: NonNullable<Settings['authorization']>, { url, timestamp }: { url: string, timestamp: number }): string {
  const digest = createHash('sha256').update(`${authUrl === '' ? url : authUrl}${user}${timestamp}${secret}`).digest('hex')
  return `Basic ${Buffer.from(`${user}:${digest}`).toString('base64')}`
}

/** All headers of a call to `url`. */
export function headersOf (settings: Settings, { url, timestamp, traceparent }: { url: string, timestamp: number, traceparent: string }): Record<string, string> {
  const { protocol, soapAction, authorization, xRoadClient, apiKey, headers } = settings
  return {
    traceparent,
    ...(protocol === 'soap' ? { 'Content-Type': 'text/xml; charset=utf-8', Accept: 'text/xml', SOAPAction: soapAction } : { 'Content-Type': 'application/json', Accept: 'application/json' }),
    Timestamp: String(timestamp),
    ...(authorization === undefined ? {} : { Authorization: authorizationOf(authorization, { url, timestamp }) }),
    ...(xRoadClient === '' ? {} : { 'X-Road-Client': xRoadClient }),
    ...(apiKey === undefined ? {} : { ApiKey: apiKey }),
    ...headers
  }
}

function textOf (query: ServiceCall['query'], name: string): string | undefined {
  const value = query[name]
  return typeof value === 'string' ? value : undefined
}

function nameOf (query: ServiceCall['query']): string {
  return upperName(textOf(query, 'hoVaTen') ?? '')
}

/** yyyyMMdd, or the year alone. */
function birthOf (query: ServiceCall['query']): Field[] {
  const value = textOf(query, 'ngaySinh') ?? ''
  return value.length === 4 ? [['Nam', value]] : [['NgayThangNam', value.replaceAll('-', '')]]
}

function writeField ([name, value]: Field, prefix: string): string {
  if (value === undefined || value === '') return ''
  const content = typeof value === 'string' ? escapeXml(value) : value.map(field => writeField(field, prefix)).join('')
  return `<${prefix}${name}>${content}</${prefix}${name}>`
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;' }

/** XML 1.0 §2.2: what is no Char cannot be written in any way. */
function escapeXml (value: string): string {
  if (/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u.test(value)) throw new Unwritable()
  return value.replace(/[&<>"\r]/g, found => ESCAPES[found] ?? found)
}

// The settings of csdldc as its schema leaves them, with every default filled in.

export interface Settings {
  protocol: 'soap' | 'json'
  url: string
  paths: Record<'exists' | 'lookup' | 'relatives' | 'proxy', string>
  namespaces: Record<SoapOperation, string>
  elements: Record<SoapOperation, string>
  elementForm: 'qualified' | 'unqualified'
  soapAction: string
  codes: Record<'maDichVu' | 'maDVC' | 'maTichHop' | 'maTichHopNhanThan', string>
  account: { taiKhoan: string, soDienThoai: string }
  authorization?: { user: string, secret: string, authUrl: string }
  xRoadClient: string
  apiKey?: string
  headers: Record<string, string>
  proxy: { type: string, staffEmail: string, govAgencyCode: string }
  fields: ReadonlyArray<'soDinhDanh' | 'soCMND' | 'hoVaTen' | 'ngaySinh' | 'cha' | 'me'>
  moreFields: Record<string, string>
}

export type SoapOperation = 'exists' | 'lookup' | 'relatives'

/** By the names in the manifest. */
export const OPERATIONS: Readonly<Record<string, SoapOperation>> = { 'citizen-exists': 'exists', 'citizen-lookup': 'lookup', 'relatives-verify': 'relatives' }

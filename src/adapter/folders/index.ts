// Exchange through folders: the rules that every adapter which drops and picks up files shares, whatever its file system.
export { type FileFacts, FileFailure, type FileTrouble, type FolderEntry, type FolderFiles, outcomeOfFile } from './files.js'
export { assertFolder, dropPackage, type DropSettings, probeDrop } from './drop.js'
export type { PickUpSettings } from './inbox.js'
export { createFolderSession, type FolderSettings } from './session.js'
export { pickUp, type PickUpOptions } from './pick-up.js'
export { CONTENT_TYPES, nameOfDelivery } from './names.js'

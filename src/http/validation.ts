import {
  type DateTimeValidator,
  type DateValidator,
  ExpressTemplateService,
  type FieldErrors,
  type FloatValidator,
  type IntegerValidator,
  type StringValidator,
  type TsoaRoute,
  ValidationService,
} from '@tsoa/runtime'
import type { Response } from 'express'
import { plainName } from '../platform/names.js'
import { isExact } from '../platform/numbers.js'
import { timeOf } from '../platform/times.js'
import { asksForPage } from './accept.js'
import { sendDataPage } from './pages.js'

type Config = ConstructorParameters<typeof ExpressTemplateService>[1]

/** Checks parameters and sends results for tsoa's generated routes. */
export class RouteService extends ExpressTemplateService {
  constructor(models: TsoaRoute.Models, config: Config) {
    const own = Object.fromEntries(Object.entries(models).map(([name, model]) => [name, ofBody(name, model, models)]))
    super(own, config)
    this.validationService = new StrictValidation(own, config)
  }

  /** The data of every success leaves here. */
  protected override returnHandler(result: Result): void {
    const { response, headers = {}, statusCode = 200, data } = result
    if (isPlain(data) && asksForPage(response.req)) sendDataPage(response.set(headers), statusCode, data)
    else super.returnHandler(result)
  }
}

interface Result {
  response: Response
  headers: Record<string, string | string[]> | undefined
  statusCode?: number
  data?: unknown
}

function isPlain(data: unknown): data is object {
  return typeof data === 'object' && data !== null && !('pipe' in data)
}

/**
 * A patch has the properties of its input, because tsoa's copy has lost the rules of their types. Defaults are not filled in: in
 * a change, an absent property stays as it is, and in a create, the database's model has the default.
 */
function ofBody(name: string, model: TsoaRoute.ModelSchema, models: TsoaRoute.Models): TsoaRoute.ModelSchema {
  if (model.dataType !== 'refObject') return model
  const input = models[name.replace(/Patch$/, 'Input')]!
  const isPatch = /Patch$/.test(name) && input?.dataType === 'refObject'
  const properties = Object.entries(model.properties).map(([name, own]) => {
    const { default: _default, required, ...rest } = (isPatch && input.properties[name]) || own
    return [name, { ...rest, required: required && !isPatch }]
  })
  return { ...model, properties: Object.fromEntries(properties) }
}

/** Replaces tsoa's rules where they are stricter or looser than the document. */
class StrictValidation extends ValidationService {
  /**
   * JSON Schema and DRF count characters. tsoa counts UTF-16 units, and some characters have two. As in DRF, the spaces around a
   * text do not count, and neither does the normal form in which it came.
   */
  override validateString(
    name: string,
    value: unknown,
    errors: FieldErrors,
    validators: StringValidator = {},
    parent = '',
  ): string | undefined {
    const { minLength, maxLength, ...rest } = validators
    const length = typeof value === 'string' ? charactersIn(plainName(value)) : 0
    // A password may consist of spaces. The rules of other texts say whether they may.
    const isThere = value !== '' && minLength?.value === 1
    const broken =
      typeof value === 'string' &&
      ((minLength && length < minLength.value && !isThere && (minLength.errorMsg ?? `minLength ${minLength.value}`)) ||
        (maxLength && length > maxLength.value && (maxLength.errorMsg ?? `maxLength ${maxLength.value}`)))
    return broken
      ? refused(errors, parent + name, { message: broken, value })
      : super.validateString(name, value, errors, rest, parent)
  }

  /** tsoa accepts all of ISO 8601 and passes it to `new Date`, which reads only a part of it, and other forms as well. */
  override validateDateTime(
    name: string,
    value: unknown,
    errors: FieldErrors,
    _isBody: boolean,
    { isDateTime, minDate, maxDate }: DateTimeValidator = {},
    parent = '',
  ): Date | undefined {
    const time = typeof value === 'string' ? timeOf(value) : undefined
    const broken = !time
      ? (isDateTime?.errorMsg ?? 'invalid ISO 8601 datetime format')
      : minDate && !(time >= new Date(minDate.value))
        ? (minDate.errorMsg ?? `minDate ${minDate.value}`)
        : maxDate && !(time <= new Date(maxDate.value)) && (maxDate.errorMsg ?? `maxDate ${maxDate.value}`)
    return broken ? refused(errors, parent + name, { message: broken, value }) : time
  }

  override validateDate(
    name: string,
    value: unknown,
    errors: FieldErrors,
    isBody: boolean,
    { isDate, ...rest }: DateValidator = {},
    parent = '',
  ): Date | undefined {
    const day = typeof value === 'string' && !/^.{10}$/.test(value) ? '' : value
    const isDateTime = { errorMsg: isDate?.errorMsg ?? 'invalid ISO 8601 date format' }
    return this.validateDateTime(name, day, errors, isBody, { isDateTime, ...rest }, parent)
  }

  /** In a query, a number is text. The numbers of a body were checked when it was parsed. */
  override validateFloat(
    name: string,
    value: unknown,
    errors: FieldErrors,
    isBody: boolean,
    validators?: FloatValidator,
    parent?: string,
  ): number | undefined {
    return super.validateFloat(name, exact(value), errors, isBody, validators, parent)
  }

  override validateInt(
    name: string,
    value: unknown,
    errors: FieldErrors,
    isBody: boolean,
    validators?: IntegerValidator,
    parent?: string,
  ): number | undefined {
    return super.validateInt(name, exact(value), errors, isBody, validators, parent)
  }
}

function refused(errors: FieldErrors, name: string, why: FieldErrors[string]): undefined {
  errors[name] = why
}

function charactersIn(text: string): number {
  return /[\ud800-\udbff]/.test(text) ? [...text].length : text.length
}

/** A text whose number would not be exact becomes a text that is not a number. */
function exact(value: unknown): unknown {
  return typeof value === 'string' && !isExact(value) ? '' : value
}

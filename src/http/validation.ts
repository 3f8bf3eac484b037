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

/** What tsoa's generated routes check their parameters with, and send their results by. */
export class RouteService extends ExpressTemplateService {
  constructor(models: TsoaRoute.Models, config: Config) {
    const own = Object.fromEntries(Object.entries(models).map(([name, model]) => [name, ofBody(name, model, models)]))
    super(own, config)
    this.validationService = new StrictValidation(own, config)
  }

  /** The one place where the data of a success leaves. */
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
 * A patch has the properties of its input, where tsoa's copy has lost the rules of their types. No property is filled in: what is
 * absent stays as it is in a change, and gets its default from the database's model in a create.
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

/** tsoa's rules, where they are stricter or looser than what the document says. */
class StrictValidation extends ValidationService {
  /**
   * JSON Schema and DRF count characters; tsoa counts UTF-16 units, of which some characters have two. As in DRF, the spaces around
   * a text are not measured; nor is the normal form in which it came.
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
    // A password may be of spaces alone; whether another text may is for its own rules to say.
    const isThere = value !== '' && minLength?.value === 1
    const broken =
      typeof value === 'string' &&
      ((minLength && length < minLength.value && !isThere && (minLength.errorMsg ?? `minLength ${minLength.value}`)) ||
        (maxLength && length > maxLength.value && (maxLength.errorMsg ?? `maxLength ${maxLength.value}`)))
    return broken
      ? refused(errors, parent + name, { message: broken, value })
      : super.validateString(name, value, errors, rest, parent)
  }

  /** tsoa takes all of ISO 8601 and hands it to `new Date`, which reads less of it and more beside it. */
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

  /** A number of a query is text; those of a body were held to their text when it was parsed. */
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

/** Text of a number that would be changed by reading it becomes text that is none. */
function exact(value: unknown): unknown {
  return typeof value === 'string' && !isExact(value) ? '' : value
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileTemplate } from '../../../src/shared/factory/template.ts';

test('values are inserted as they are', () => {
  const template = compileTemplate('Hello {{who}} & {{{who}}} & {{&who}}', 't');
  const who = `O'Brien & "x" </b>`;
  assert.equal(template.render({ who }), `Hello ${who} & ${who} & ${who}`);
});

test('values are never templates', () => {
  const template = compileTemplate('{{a}}{{#list}}{{b}}{{/list}}', 't');
  assert.equal(
    template.render({ a: '{{secret}}', list: [{ b: '{{{a}}}' }], secret: 'no' }),
    '{{secret}}{{{a}}}',
  );
});

test('a tag without a value is an error, not an empty space', () => {
  assert.throws(() => compileTemplate('{{nmae}}', 'person').render({ name: 'x' }), {
    name: 'TypeError',
    message: 'template person: the view has no value for the tag {{nmae}}',
  });
});

test('nothing is found through the prototype, at the top or in a section', () => {
  for (const tag of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    assert.throws(() => compileTemplate(`{{${tag}}}`, 't').render({}), /no value for the tag/, tag);
    assert.throws(
      () => compileTemplate(`{{#list}}{{${tag}}}{{/list}}`, 't').render({ list: [{ a: 'b' }] }),
      TypeError,
      tag,
    );
    assert.throws(
      () => compileTemplate(`{{^none}}{{${tag}}}{{/none}}`, 't').render({ none: '' }),
      TypeError,
      tag,
    );
  }
});

test('an unknown tag is an error even where its section would not be shown', () => {
  assert.throws(
    () => compileTemplate('{{#none}}{{oops}}{{/none}}', 't').render({ none: '' }),
    /\{\{oops\}\}/,
  );
});

test('sections see their own item first, then the view', () => {
  const template = compileTemplate('{{#list}}{{a}}{{b}} {{/list}}{{^list}}none{{/list}}{{! a remark }}', 't');
  assert.equal(template.render({ list: [{ a: '1' }, { a: '2', b: 'own' }], b: 'outer' }), '1outer 2own ');
  assert.equal(template.render({ list: [], a: '', b: '' }), 'none');
});

test('what the check cannot see through is refused on compilation', () => {
  for (const source of ['{{> partial}}', '{{=<% %>=}}', '{{a.length}}', '{{#a}}{{.}}{{/a}}']) {
    assert.throws(() => compileTemplate(source, 't'), /not supported/, source);
  }
});

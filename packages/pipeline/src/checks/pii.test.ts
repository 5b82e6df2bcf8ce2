import { describe, expect, it } from 'vitest'
import pii, { kindsOfPersonalData } from './pii.ts'

describe('personal data that has a form', () => {
  it.each([
    [
      'an e-mail address',
      ['Write to jane.doe+news@mail.acme.co.uk today.', '<müller@bücher.de>', 'ivan@почта.рф', 'a_b-c%d@sub.domain.museum.org', 'JANE@ACME.COM.'],
    ],
    [
      'a phone number',
      [
        'Ring +49 30 901820 after six.',
        'call +49 (0)89 636-48018',
        '0044 161 496 3210 is mine',
        'Reach me: (212) 736-5000',
        '1-800-275-2273',
        '415.273.9000',
        'Tel.: 030 / 901 820',
        'Телефон: 8 495 123 45 67',
        'mobile 07911 123456',
        '电话：010 6552 9988',
        '+5511987654321',
      ],
    ],
    ['an IBAN', ['IBAN DE75 5121 0800 1245 1261 99 BIC follows', 'NL02ABNA0123456789', 'FR76-3000-6000-0112-3456-7890-189', 'pay to CH5604835012345678009.']],
    ['a credit card number', ['4539 1488 0343 6467', '4539148803436467', 'card 5425-2334-3010-9903!', '3782 822463 10013']],
    ['an IP address', ['logged in from 84.112.9.201 at noon', 'host 2a02:8109:9c40:1a3c:5d5e:77ff:fe01:2b3c is up', '2606:4700:1234:5678::ab1']],
    [
      'a national identity number',
      [
        'SSN 536-22-8741',
        'NI number JG 10 37 59 A',
        'JG103759A',
        'DNI 54362315K',
        'NIE X1234567L',
        'MRTMTT91D08F205J',
        '1 84 12 76 451 089 46',
        'CPF 529.982.247-25',
        '身份证 11010519491231002X',
      ],
    ],
    // In two pieces each, so that nobody’s scanner takes them for leaked ones.
    [
      'an API key',
      [
        `OPENAI_API_KEY=${'sk-'}proj-Qm3vT8xLzR2kPw9YbN5cJ7dF`,
        `token ${'hf_'}qWeRtYuIoPaSdFgHjKlZxCvBnMQwErTyUi`,
        `${'AKIA'}Q7ZP4XWLM2NTRV9K`,
        `${'ghp_'}Zk3Lm9Qw2Er7Ty5Ui1Op8As4Df6Gh0JkLzXc`,
        'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
        `-----BEGIN RSA ${'PRIVATE'} KEY-----\nMIIEpAIBAAKCAQEA1c7+9z5Pad7OejecsQ0buA==`,
      ],
    ],
  ])('finds %s', (kind, texts) => {
    for (const text of texts) expect([text, kindsOfPersonalData(text)]).toEqual([text, expect.arrayContaining([kind])])
  })

  it.each([
    ['addresses nobody has', ['jane@example.com', 'a@mail.example.org', 'root@localhost', 'user@host.test', 'noreply@acme.com', 'git@github.com:a/b.git']],
    ['an @ that is none', ['icon@2x.png', '@types/node@20.1.0', 'react@18.2.0', 'C = a@b.T', 'meet @ noon. Then', '@everyone come', 'price: 3@1.5']],
    [
      'numbers that are not dialled',
      [
        '2024-01-15 to 2024-02-28',
        '1914-1918, 1939-1945',
        'ISBN 978-3-16-148410-0',
        '12345 + 67890 = 80235',
        'x = 5 +1234567890',
        '3.14159265358979',
        '100-200-3000',
        '1 000 000 000',
        '$555-1234-9999',
        'order 20240115-0042',
        'The tel was built in 1999.',
        'telephone: 2024-01-15',
        'mobile phones sold: 1,200,300',
        '00 01 10 11',
        '192 168 3000',
        'the parts weigh 415 273 9000 grams',
        '2 3 4 5 6 7 8 9 10 11 12',
      ],
    ],
    ['numbers kept for fiction', ['(212) 555-0123', '+1 415 555 0199', '020 7946 0958', '+44 20 7946 0123']],
    [
      'accounts of text books, and ones whose checksum is wrong',
      ['DE89 3704 0044 0532 0130 00', 'DE75 5121 0800 1245 1261 98', 'AB12 3456 7890 1234', 'NO SUCH THING AS DE12'],
    ],
    [
      'digits that are no card',
      [
        '4111 1111 1111 1111',
        '4242424242424242',
        '4539 1488 0343 6468',
        '1234 5678 9012 3456',
        '4 5 3 9 1 4 8 8 0 3 4 3 6 4 6 7',
        '0.4539148803436467',
        '9007199254740993',
        'x4539148803436467',
      ],
    ],
    [
      'addresses without an owner, and versions',
      [
        '192.168.1.10',
        '10.0.0.1',
        '172.20.1.1',
        '127.0.0.1',
        '203.0.113.9',
        '8.8.8.8',
        '255.255.255.0',
        'version 84.112.9.201',
        'v1.2.3.4',
        '84.112.9.0/24',
        '1.2.3.4.5',
        '300.1.2.3',
        '2001:db8::1:2:3',
        'fe80::1:2:3:4',
        '12:30:45',
        'std::vector',
        'ab::cd',
        '08:00:2b:01:02:03',
      ],
    ],
    [
      'numbers in the form of an identity, but never issued',
      [
        '000-12-3456',
        '666-12-3456',
        '123-45-6789',
        '078-05-1120',
        'QQ 12 34 56 C',
        '12345678Z',
        '54362315L',
        '529.982.247-26',
        '11010519491231002Y',
        '110105194912310021',
        '1 84 12 76 451 089 47',
      ],
    ],
    [
      'placeholders',
      [
        'sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxx',
        'sk-your-api-key-goes-here-please',
        'AKIAIOSFODNN7EXAMPLE',
        'hf_…',
        'task-force-of-many-different-nations',
        'eyJhbGciOi',
        '-----BEGIN RSA PRIVATE KEY-----\n…',
      ],
    ],
    ['plain text', ['', 'The year 1984 had 366 days; 3/4 of them were dry.', '它有 12 个苹果。', 'Sum: 1.234.567,89 €']],
  ])('passes %s', (_, texts) => {
    for (const text of texts) expect([text, kindsOfPersonalData(text)]).toEqual([text, []])
  })

  it('names kind and field, never the text', async () => {
    const find = pii.create({ benchmarks: [] })
    const tasks = [
      { instruction: 'Extract the address.', input: 'jane@acme.com or (212) 736-5000', output: 'jane@acme.com' },
      { instruction: 'Name a river.', input: '', output: 'Ebro' },
    ]
    expect(await find(tasks, { prompt: [], seeds: [] }, {})).toEqual([
      'an e-mail address and a phone number in the input, an e-mail address in the output',
      undefined,
    ])
  })
})
